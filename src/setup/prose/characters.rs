//! One spelling for each character: styled and full-width letters, other scripts' digits, the many dashes and blanks.

/// `text` with every character in its usual spelling, without those that show nothing.
pub(super) fn usual(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '0'..='9' if is_keycap(&chars) => {
                let circled = char::from_u32(u32::from('①') + u32::from(c) - u32::from('1'));
                out.extend(circled.filter(|_| c != '0'));
            }
            // `.0055` has lost its nought.
            '.' if chars.peek().is_some_and(char::is_ascii_digit)
                && !out.ends_with(|c: char| c.is_alphanumeric() || c == '.') =>
            {
                out.push_str("0.");
            }
            // `81.139½` is half a pip more.
            '½' | '¼' | '¾' => fraction(&mut out, c),
            _ => out.extend(one(c)),
        }
    }
    out
}

/// Whether a digit stands on a keycap: an enclosing mark follows.
fn is_keycap(rest: &std::iter::Peekable<std::str::Chars<'_>>) -> bool {
    let mut rest = rest.clone();
    rest.find(|c| *c != '\u{fe0f}') == Some('\u{20e3}')
}

fn fraction(out: &mut String, c: char) {
    /// No number is longer; a run that is, is not looked through again for each of its fractions.
    const LONGEST: usize = 24;
    let of_number = |c: &char| c.is_ascii_digit() || *c == '.';
    let tail: Vec<char> = out.chars().rev().take(LONGEST).take_while(of_number).collect();
    if tail.is_empty() || tail.len() == LONGEST || tail.last() == Some(&'.') {
        return out.push(c);
    }
    if !tail.contains(&'.') {
        out.push('.');
    }
    out.push_str(match c {
        '½' => "5",
        '¼' => "25",
        _ => "75",
    });
}

fn one(c: char) -> Option<char> {
    let digit = |zero: char| char::from_digit(u32::from(c) - u32::from(zero), 10);
    Some(match c {
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {
            return None;
        }
        '\u{fe0e}' | '\u{fe0f}' | '\u{20e3}' => return None,
        '\u{a0}' | '\u{2009}' | '\u{202f}' | '\u{3000}' => ' ',
        '\u{2010}' | '\u{2011}' | '\u{2212}' | '\u{fe63}' => '-',
        '\u{2012}' | '\u{2015}' => '–',
        '\u{301c}' | '\u{223c}' => '~',
        '٠'..='٩' => digit('٠')?,
        '۰'..='۹' => digit('۰')?,
        '٫' => '.',
        '٬' | '،' | '、' => ',',
        '؛' | '。' => ';',
        '٪' => '%',
        // `【label】value`, several on a line.
        '【' => ';',
        '】' => ':',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0)?,
        '\u{1d400}'..='\u{1d6a3}' => {
            let letter = (u32::from(c) - 0x1d400) % 52;
            let first = if letter < 26 {
                u32::from('A')
            } else {
                u32::from('a') - 26
            };
            char::from_u32(first + letter)?
        }
        '\u{1d7ce}'..='\u{1d7ff}' => char::from_digit((u32::from(c) - 0x1d7ce) % 10, 10)?,
        _ => c,
    })
}

#[cfg(test)]
mod tests {
    use super::usual;

    #[test]
    fn characters_in_their_usual_spelling() {
        for (text, want) in [
            ("𝗘𝗻𝘁𝗿𝘆: 𝟰𝟲𝟬𝟬.𝟱", "Entry: 4600.5"),
            ("１．１１４５", "1.1145"),
            ("٤١٢٠٫٥", "4120.5"),
            ("81.139½ 4600½ ½", "81.1395 4600.5 ½"),
            ("TP 1\u{fe0f}\u{20e3} 66000", "TP ① 66000"),
            ("【方向】買い", ";方向:買い"),
            ("1\u{200b}805−7", "1805-7"),
            (".495-.50 a.5 1..5", "0.495-0.50 a.5 1..5"),
        ] {
            assert_eq!(usual(text), want, "{text}");
        }
    }
}
