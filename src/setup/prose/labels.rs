//! Labels of a trade plan as answers write them, in the languages they are written in: which field a label names.

use crate::setup::{Order, Side};

/// What a label says its line holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// The direction; `own` is a label of the trade's own, not of the market's bias.
    Side {
        own: bool,
    },
    /// The kind of order.
    Order,
    /// The entry; a label such as "Sell limit" says side and order too.
    Entry {
        side: Option<Side>,
        order: Option<Order>,
    },
    /// The stop loss; `own` is a label that names it, not "invalidation level".
    Stop {
        own: bool,
    },
    /// One or more targets.
    Targets,
    RiskReward,
    Confidence,
    /// For how many candles it stands.
    Valid,
    /// What ends the idea, in words.
    Invalidation,
    /// Words around a whole plan: "Plan", "Setup".
    Plan,
}

const SIDE: &[&str] = &[
    "direction",
    "side",
    "trade direction",
    "trade side",
    "position",
    "signal",
    "action",
    "recommendation",
    "dirección",
    "direccion",
    "direção",
    "direcao",
    "direzione",
    "richtung",
    "handelsrichtung",
    "sens",
    "направление",
    "方向",
    "交易方向",
    "売買方向",
    "ポジション",
    "yön",
    "işlem yönü",
    "الاتجاه",
    "اتجاه الصفقة",
    "richting",
    "kierunek",
];
const BIAS: &[&str] = &["bias", "trade bias", "sesgo", "viés", "vies", "biais", "tendenz"];
const ORDER: &[&str] = &[
    "order type",
    "order",
    "entry type",
    "type of order",
    "execution",
    "ordertyp",
    "orderart",
    "tipo de orden",
    "tipo de ordem",
    "tipo di ordine",
    "type d ordre",
    "ordre",
    "тип ордера",
    "订单类型",
    "挂单类型",
    "注文",
    "注文方法",
    "emir türü",
    "نوع الأمر",
];
const ENTRY: &[&str] = &[
    "entry",
    "entry zone",
    "entry price",
    "entry level",
    "entry area",
    "entry range",
    "entry point",
    "entries",
    "enter",
    "einstieg",
    "einstiegszone",
    "einstiegsbereich",
    "einstiegskurs",
    "entrada",
    "zona de entrada",
    "punto de entrada",
    "ponto de entrada",
    "precio de entrada",
    "preço de entrada",
    "entrée",
    "entree",
    "zone d entrée",
    "zone d entree",
    "point d entrée",
    "prix d entrée",
    "ingresso",
    "entrata",
    "zona di ingresso",
    "zona d ingresso",
    "zona di entrata",
    "вход",
    "зона входа",
    "точка входа",
    "цена входа",
    "入场",
    "入场价",
    "入场价格",
    "入场区",
    "入场区间",
    "入场位",
    "入场点",
    "进场",
    "进场价",
    "进场区间",
    "进场位",
    "エントリー",
    "エントリーゾーン",
    "エントリー価格",
    "giriş",
    "giriş bölgesi",
    "giriş fiyatı",
    "giriş seviyesi",
    "الدخول",
    "منطقة الدخول",
    "سعر الدخول",
    "نقطة الدخول",
    "instap",
    "wejście",
];
const STOP: &[&str] = &[
    "stop",
    "stop loss",
    "stoploss",
    "sl",
    "stop price",
    "stop level",
    "stop loss level",
    "stop loss price",
    "protective stop",
    "hard stop",
    "stopp",
    "stopp loss",
    "stopkurs",
    "pérdida máxima",
    "стоп",
    "стоп лосс",
    "стоплосс",
    "止损",
    "止损位",
    "止损价",
    "止损点",
    "損切り",
    "損切",
    "ストップ",
    "ストップロス",
    "zarar durdur",
    "zarar kes",
    "وقف الخسارة",
    "وقف",
    "ستوب لوس",
];
const STOP_BY_INVALIDATION: &[&str] = &["invalidation level", "invalidation price"];
const TARGETS: &[&str] = &[
    "target",
    "targets",
    "tp",
    "tps",
    "t",
    "take profit",
    "take profits",
    "takeprofit",
    "take profit target",
    "take profit targets",
    "take profit level",
    "take profit levels",
    "profit target",
    "profit targets",
    "price target",
    "price targets",
    "target price",
    "target level",
    "target levels",
    "objective",
    "objectives",
    "ziel",
    "ziele",
    "kursziel",
    "kursziele",
    "gewinnziel",
    "gewinnziele",
    "objetivo",
    "objetivos",
    "toma de ganancias",
    "alvo",
    "alvos",
    "objectif",
    "objectifs",
    "cible",
    "cibles",
    "prise de profit",
    "obiettivo",
    "obiettivi",
    "цель",
    "цели",
    "тейк профит",
    "тейк",
    "目标",
    "目标位",
    "目标价",
    "止盈",
    "止盈位",
    "止盈价",
    "止盈目标",
    "利確",
    "利確目標",
    "利食い",
    "目標",
    "ターゲット",
    "hedef",
    "hedefler",
    "kar al",
    "kâr al",
    "الهدف",
    "الأهداف",
    "جني الأرباح",
    "هدف",
    "koersdoel",
    "koersdoelen",
    "cel",
    "cele",
];
const RISK_REWARD: &[&str] = &[
    "rr",
    "rrr",
    "r r",
    "rr ratio",
    "r r ratio",
    "risk reward",
    "risk reward ratio",
    "risk to reward",
    "risk to reward ratio",
    "reward risk",
    "reward to risk",
    "reward risk ratio",
    "crv",
    "chance risiko verhältnis",
    "chance risiko",
    "riesgo beneficio",
    "ratio riesgo beneficio",
    "relación riesgo beneficio",
    "riesgo recompensa",
    "risco retorno",
    "relação risco retorno",
    "risco recompensa",
    "risque rendement",
    "ratio risque rendement",
    "rapport risque rendement",
    "ratio r r",
    "rischio rendimento",
    "rapporto rischio rendimento",
    "риск прибыль",
    "соотношение риск прибыль",
    "риск к прибыли",
    "盈亏比",
    "风险回报",
    "风险回报比",
    "风险收益比",
    "リスクリワード",
    "リスクリワード比",
    "risk ödül",
    "risk ödül oranı",
    "المخاطرة العائد",
    "نسبة المخاطرة إلى العائد",
];
const CONFIDENCE: &[&str] = &[
    "confidence",
    "confidence level",
    "confidence score",
    "konfidenz",
    "zuversicht",
    "vertrauen",
    "confianza",
    "confiança",
    "confiance",
    "fiducia",
    "confidenza",
    "уверенность",
    "信心",
    "置信度",
    "信心度",
    "信頼度",
    "確信度",
    "güven",
    "güven düzeyi",
    "الثقة",
    "مستوى الثقة",
];
const VALID: &[&str] = &[
    "valid",
    "valid for",
    "validity",
    "valid bars",
    "valid candles",
    "gültig",
    "gültig für",
    "gültigkeit",
    "válido por",
    "válida por",
    "validez",
    "validade",
    "valable",
    "valable pendant",
    "validité",
    "valido per",
    "validità",
    "действует",
    "действительно",
    "срок действия",
    "有效期",
    "有效",
    "有効期間",
    "有効期限",
    "geçerlilik",
    "geçerli",
    "الصلاحية",
    "صالح لمدة",
];
const INVALIDATION: &[&str] = &[
    "invalidation",
    "invalidated",
    "invalid if",
    "ungültig",
    "invalidación",
    "invalidação",
    "invalidité",
    "失效条件",
    "無効化",
];
const PLAN: &[&str] = &[
    "plan",
    "trade plan",
    "trading plan",
    "trade",
    "trade idea",
    "trade setup",
    "setup",
    "idea",
];

/// Words before a label that change nothing of what it names.
const QUALIFIERS: &[&str] = &[
    "suggested",
    "proposed",
    "planned",
    "ideal",
    "preferred",
    "recommended",
    "my",
    "the",
    "our",
    "optimal",
    "initial",
    "potential",
];
/// Words that number a target.
const ORDINALS: [(&str, u8); 18] = [
    ("first", 1),
    ("second", 2),
    ("third", 3),
    ("fourth", 4),
    ("final", 9),
    ("last", 9),
    ("1st", 1),
    ("2nd", 2),
    ("3rd", 3),
    ("4th", 4),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("main", 1),
    ("primary", 1),
    ("i", 1),
    ("ii", 2),
    ("iii", 3),
];

/// The longest label worth looking up, in characters.
const LONGEST: usize = 60;

/// What `text` names, with its number (`TP2`), if it is a label.
pub(super) fn label(text: &str) -> Option<(Label, Option<u8>)> {
    if text.chars().count() > LONGEST {
        return None;
    }
    let plain = plain(text);
    if plain.is_empty() {
        return None;
    }
    if let Some(found) = named(&plain) {
        return Some((found, None));
    }
    let mut words: Vec<&str> = plain.split(' ').collect();
    while words.len() > 1 && QUALIFIERS.contains(&words[0]) {
        words.remove(0);
    }
    let mut number = None;
    if words.len() > 1 {
        let ordinal = |word: &str| ORDINALS.iter().find(|(w, _)| *w == word).map(|(_, n)| *n);
        if let Some(n) = ordinal(words[0]) {
            number = Some(n);
            words.remove(0);
        } else if let Some(n) = words.last().and_then(|w| ordinal(w)) {
            number = Some(n);
            words.pop();
        }
    }
    let mut base = words.join(" ");
    let digits = base.len() - base.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    if digits > 0 {
        number = base[base.len() - digits..].parse().ok().filter(|n| (1..=9).contains(n));
        number?;
        base.truncate(base.len() - digits);
    }
    let found = named(base.trim_end())?;
    // Only targets and entries are numbered; a lone T is one only with its number.
    let numbered = matches!(found, Label::Targets | Label::Entry { .. } | Label::Plan);
    (number.is_none() || numbered).then_some((found, number))
}

fn named(base: &str) -> Option<Label> {
    let is = |list: &[&str]| list.contains(&base);
    let entry = |side, order| Label::Entry {
        side: Some(side),
        order,
    };
    Some(match base {
        "buy limit" | "long limit" => entry(Side::Long, Some(Order::Limit)),
        "sell limit" | "short limit" => entry(Side::Short, Some(Order::Limit)),
        "buy stop" => entry(Side::Long, Some(Order::Stop)),
        "sell stop" => entry(Side::Short, Some(Order::Stop)),
        "limit entry" | "entry limit" => Label::Entry {
            side: None,
            order: Some(Order::Limit),
        },
        "long entry" | "buy entry" | "long entry zone" => entry(Side::Long, None),
        "short entry" | "sell entry" | "short entry zone" => entry(Side::Short, None),
        _ if is(SIDE) => Label::Side { own: true },
        _ if is(BIAS) => Label::Side { own: false },
        _ if is(ORDER) => Label::Order,
        _ if is(ENTRY) => Label::Entry {
            side: None,
            order: None,
        },
        _ if is(STOP) => Label::Stop { own: true },
        _ if is(STOP_BY_INVALIDATION) => Label::Stop { own: false },
        _ if is(TARGETS) => Label::Targets,
        _ if is(RISK_REWARD) => Label::RiskReward,
        _ if is(CONFIDENCE) => Label::Confidence,
        _ if is(VALID) => Label::Valid,
        _ if is(INVALIDATION) => Label::Invalidation,
        _ if is(PLAN) => Label::Plan,
        _ => return None,
    })
}

/// Lower case, without what stands in brackets, marks as blanks.
pub(super) fn plain(text: &str) -> String {
    let mut depth = 0usize;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' | '[' | '（' => depth += 1,
            ')' | ']' | '）' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            c if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            // Arabic and Devanagari marks belong to their letters.
            '\u{307}' => {}
            _ => out.push(' '),
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

const LONG: &[&str] = &[
    "long",
    "buy",
    "bullish",
    "kauf",
    "kaufen",
    "bullisch",
    "largo",
    "compra",
    "comprar",
    "alcista",
    "comprado",
    "altista",
    "achat",
    "acheter",
    "haussier",
    "haussière",
    "acquisto",
    "comprare",
    "rialzista",
    "лонг",
    "покупка",
    "покупать",
    "бычий",
    "бычье",
    "做多",
    "多",
    "多头",
    "多单",
    "买入",
    "看多",
    "买多",
    "ロング",
    "買い",
    "買",
    "alış",
    "al",
    "uzun",
    "شراء",
    "صاعد",
    "koop",
    "kupno",
];
const SHORT: &[&str] = &[
    "short",
    "sell",
    "bearish",
    "verkauf",
    "verkaufen",
    "bärisch",
    "baerisch",
    "corto",
    "venta",
    "vender",
    "bajista",
    "venda",
    "vendido",
    "baixista",
    "vente",
    "vendre",
    "baissier",
    "baissière",
    "vendita",
    "vendere",
    "ribassista",
    "шорт",
    "продажа",
    "продавать",
    "медвежий",
    "медвежье",
    "做空",
    "空",
    "空头",
    "空单",
    "卖出",
    "看空",
    "卖空",
    "ショート",
    "売り",
    "売",
    "satış",
    "sat",
    "kısa",
    "بيع",
    "هابط",
    "verkoop",
    "sprzedaż",
];
const NONE: &[&str] = &[
    "none",
    "flat",
    "wait",
    "no trade",
    "neutral",
    "no position",
    "stand aside",
    "stay flat",
    "stay out",
    "sidelines",
    "no setup",
    "hold off",
    "no entry",
    "kein trade",
    "abwarten",
    "neutro",
    "neutra",
    "neutre",
    "sin operación",
    "esperar",
    "sem operação",
    "aguardar",
    "attendre",
    "pas de trade",
    "nessun trade",
    "attendere",
    "нет",
    "вне рынка",
    "нейтрально",
    "观望",
    "中性",
    "不交易",
    "无",
    "様子見",
    "中立",
    "なし",
    "nötr",
    "bekle",
    "işlem yok",
    "محايد",
    "انتظار",
];

/// The side that a value begins with; `None` when it names both, or none.
pub(super) fn side(value: &str) -> Option<Side> {
    let plain = plain(value);
    let begins = |list: &[&str]| list.iter().any(|w| starts_with_word(&plain, w));
    let (long, short, none) = (begins(LONG), begins(SHORT), begins(NONE));
    let named = match (long, short, none) {
        (true, false, _) => Side::Long,
        (false, true, _) => Side::Short,
        (false, false, true) => Side::None,
        _ => return None,
    };
    let other = |list: &[&str]| plain.split(' ').any(|w| list.contains(&w));
    let disputed = match named {
        Side::Long => other(SHORT),
        Side::Short => other(LONG),
        // "neutral to bullish" leans; "no trade, long or short" does not.
        Side::None => other(&["bullish", "bearish"]),
    };
    (!disputed).then_some(named)
}

/// Whether `text` begins with `word`: a whole one, where words have blanks between them.
fn starts_with_word(text: &str, word: &str) -> bool {
    text.strip_prefix(word).is_some_and(|rest| {
        let own = !rest.starts_with(char::is_alphanumeric);
        own || (is_unspaced(word) && !rest.starts_with(|c: char| "頭头單单".contains(c)) && word.chars().count() > 1)
    })
}

/// Whether a word's script sets no blanks between words.
pub(super) fn is_unspaced(word: &str) -> bool {
    word.chars()
        .all(|c| ('\u{3040}'..='\u{30ff}').contains(&c) || ('\u{4e00}'..='\u{9fff}').contains(&c))
}

/// The kind of order that words name, and the side that goes with it.
pub(super) fn order(text: &str) -> (Option<Order>, Option<Side>) {
    let plain = plain_all(text);
    let has = |words: &str| format!(" {plain} ").contains(&format!(" {words} "));
    let phrases = [
        ("buy limit", Order::Limit, Some(Side::Long)),
        ("sell limit", Order::Limit, Some(Side::Short)),
        ("buy stop", Order::Stop, Some(Side::Long)),
        ("sell stop", Order::Stop, Some(Side::Short)),
    ];
    let mut found: Vec<(Order, Option<Side>)> = phrases.iter().filter(|p| has(p.0)).map(|p| (p.1, p.2)).collect();
    if found.is_empty() {
        let kinds = [
            (
                Order::Limit,
                ["limit", "limit order", "limite", "limitorder", "лимит", "лимитный"],
            ),
            (
                Order::Stop,
                [
                    "stop order",
                    "stop entry",
                    "stop buy",
                    "stop sell",
                    "stopporder",
                    "стоп ордер",
                ],
            ),
            (
                Order::Market,
                [
                    "market",
                    "market order",
                    "at market",
                    "marktorder",
                    "mercado",
                    "по рынку",
                ],
            ),
        ];
        found.extend(
            kinds
                .iter()
                .filter(|(_, words)| words.iter().any(|w| has(w)))
                .map(|(order, _)| (*order, None)),
        );
        let unspaced = [(Order::Limit, ["限价", "指値"]), (Order::Market, ["市价", "成行"])];
        let named = |words: &[&str; 2]| words.iter().any(|w| plain.contains(w));
        found.extend(
            unspaced
                .iter()
                .filter(|(_, words)| named(words))
                .map(|(order, _)| (*order, None)),
        );
    }
    found.dedup();
    match found.as_slice() {
        [(order, side)] => (Some(*order), *side),
        _ => (None, None),
    }
}

/// As [`plain`], with what stands in brackets.
pub(super) fn plain_all(text: &str) -> String {
    let words: String = text
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    words.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_as_answers_write_them() {
        for (text, want, number) in [
            (
                "Entry zone",
                Label::Entry {
                    side: None,
                    order: None,
                },
                None,
            ),
            ("Stop-Loss (SL)", Label::Stop { own: true }, None),
            ("TP2", Label::Targets, Some(2)),
            ("Take Profit 1 (50 %)", Label::Targets, Some(1)),
            ("1st target", Label::Targets, Some(1)),
            ("Final target", Label::Targets, Some(9)),
            ("止盈1", Label::Targets, Some(1)),
            ("Стоп-лосс", Label::Stop { own: true }, None),
            (
                "Zone d’entrée",
                Label::Entry {
                    side: None,
                    order: None,
                },
                None,
            ),
            ("Risk/Reward", Label::RiskReward, None),
            ("Bias", Label::Side { own: false }, None),
            (
                "Sell limit",
                Label::Entry {
                    side: Some(Side::Short),
                    order: Some(Order::Limit),
                },
                None,
            ),
        ] {
            assert_eq!(label(text), Some((want, number)), "{text}");
        }
        for text in [
            "Entry trigger",
            "Stop hunt level",
            "Support 1",
            "Resistance",
            "Target market",
            "Previous high",
            "Stop 2",
            "Daily bias",
            "ATR",
            "Risk",
            "Exit time",
            "RSI 14",
            "Position size",
            "",
        ] {
            assert_eq!(label(text), None, "{text}");
        }
    }

    #[test]
    fn sides_and_orders() {
        for (text, want) in [
            ("Long", Some(Side::Long)),
            ("SHORT 🔻", Some(Side::Short)),
            ("做多（回调）", Some(Side::Long)),
            ("Bullish while above 1.1150", Some(Side::Long)),
            ("Neutral / no trade", Some(Side::None)),
            ("neutral to bullish", None),
            ("long or short", None),
            ("RSI divergence", None),
        ] {
            assert_eq!(side(text), want, "{text}");
        }
        assert_eq!(order("buy limit at 1.1170"), (Some(Order::Limit), Some(Side::Long)));
        assert_eq!(order("market (around 1.12)"), (Some(Order::Market), None));
        assert_eq!(order("stop limit"), (Some(Order::Limit), None));
        assert_eq!(order("1.1170, stop below"), (None, None));
    }
}
