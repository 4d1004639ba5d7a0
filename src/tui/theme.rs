//! Colours and what they mean. Meaning never hangs on colour alone: words, marks and shapes carry it too.

use ratatui::style::{Color, Modifier, Style};

use crate::cache::Outcome;
use crate::setup::Status;

/// How many colours a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Sixteen million.
    Full,
    /// 256.
    Indexed,
    /// Sixteen, of its own choosing.
    Sixteen,
}

impl Depth {
    /// What the environment says of it.
    pub fn of(environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let full = environment("COLORTERM").is_some_and(|v| v.contains("truecolor") || v.contains("24bit"));
        let term = environment("TERM").unwrap_or_default();
        const SIXTEEN: [&str; 9] = [
            "linux",
            "ansi",
            "vt",
            "cons25",
            "screen",
            "xterm-16color",
            "rxvt",
            "cygwin",
            "Eterm",
        ];
        let few = SIXTEEN.iter().any(|name| term.starts_with(name)) && !term.contains("256");
        match (full, few) {
            (true, _) => Depth::Full,
            (false, true) => Depth::Sixteen,
            (false, false) => Depth::Indexed,
        }
    }
}

/// The styles of the workbench.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    /// What the eye is to find: focus, keys, the entry.
    pub accent: Style,
    /// The secondary.
    pub dim: Style,
    /// Headings.
    pub strong: Style,
    /// Rising candles, targets.
    pub up: Style,
    /// Falling candles, stops.
    pub down: Style,
    /// What is as it should be.
    pub good: Style,
    /// What is unusual.
    pub warn: Style,
    /// What is wrong.
    pub bad: Style,
    /// The chosen row.
    pub selected: Style,
}

const fn rgb(hex: u32) -> Color {
    // Each part is masked to a byte.
    Color::Rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

impl Theme {
    /// The theme of this name; `auto` goes by the background that the terminal has told of, else by what the environment says
    /// of it.
    pub fn named(name: &str, light: Option<bool>, environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |variable: &str| environment(variable).filter(|v| !v.is_empty());
        let plain = set("NO_COLOR").is_some() || set("TERM").as_deref() == Some("dumb");
        let depth = Depth::of(environment);
        let guess = set("COLORFGBG").is_some_and(|v| matches!(v.rsplit(';').next(), Some("7" | "15")));
        match name {
            "mono" => Self::mono(),
            "contrast" if !plain => Self::contrast(),
            _ if plain => Self::mono(),
            "light" => Self::light(depth),
            "dark" => Self::dark(depth),
            _ if light.unwrap_or(guess) => Self::light(depth),
            _ => Self::dark(depth),
        }
    }

    /// For a dark background; sky and vermillion stay apart for every eye.
    pub fn dark(depth: Depth) -> Self {
        let pick = |hex, index| match depth {
            Depth::Full => rgb(hex),
            _ => Color::Indexed(index),
        };
        if depth == Depth::Sixteen {
            return Self::of([
                Color::Yellow,
                Color::Gray,
                Color::LightCyan,
                Color::LightRed,
                Color::Green,
                Color::LightYellow,
                Color::LightRed,
                Color::DarkGray,
            ]);
        }
        Self::of([
            pick(0x00e6_9f00, 214),
            pick(0x0080_8890, 245),
            pick(0x0056_b4e9, 74),
            pick(0x00d5_5e00, 166),
            pick(0x0000_9e73, 36),
            pick(0x00f0_e442, 227),
            pick(0x00ff_6b5e, 203),
            pick(0x0030_3844, 237),
        ])
    }

    /// With the terminal's own bright colours, the secondary as bright as the rest.
    pub fn contrast() -> Self {
        Self {
            selected: Style::new().add_modifier(Modifier::REVERSED),
            ..Self::of([
                Color::LightYellow,
                Color::White,
                Color::LightCyan,
                Color::LightRed,
                Color::LightGreen,
                Color::LightYellow,
                Color::LightRed,
                Color::Black,
            ])
        }
    }

    /// The same with other colours for rising and falling candles, where some are given; without colour none are.
    #[must_use]
    pub fn with_candles(self, up: Option<&str>, down: Option<&str>) -> Self {
        let has_colour = self.up.fg.is_some();
        let pick = |style: Style, name: Option<&str>| {
            let colour = name.filter(|_| has_colour).and_then(|n| n.parse::<Color>().ok());
            colour.map_or(style, |c| style.fg(c))
        };
        Self {
            up: pick(self.up, up),
            down: pick(self.down, down),
            ..self
        }
    }

    /// For a light background.
    pub fn light(depth: Depth) -> Self {
        let pick = |hex, index| match depth {
            Depth::Full => rgb(hex),
            _ => Color::Indexed(index),
        };
        if depth == Depth::Sixteen {
            return Self::of([
                Color::Magenta,
                Color::DarkGray,
                Color::Blue,
                Color::Red,
                Color::Green,
                Color::Magenta,
                Color::Red,
                Color::Gray,
            ]);
        }
        Self::of([
            pick(0x009a_5b00, 94),
            pick(0x0068_7078, 242),
            pick(0x0000_72b2, 25),
            pick(0x00d5_5e00, 166),
            pick(0x0000_7a58, 29),
            pick(0x008a_6d00, 94),
            pick(0x00b0_2a1d, 124),
            pick(0x00dd_e3ea, 254),
        ])
    }

    fn of([accent, dim, up, down, good, warn, bad, selected]: [Color; 8]) -> Self {
        let fg = |color| Style::new().fg(color);
        Self {
            accent: fg(accent),
            dim: fg(dim),
            strong: Style::new().add_modifier(Modifier::BOLD),
            up: fg(up),
            down: fg(down),
            good: fg(good),
            warn: fg(warn),
            bad: fg(bad).add_modifier(Modifier::BOLD),
            selected: Style::new().bg(selected),
        }
    }

    /// Without colour: bold, dim and reverse carry what they can.
    pub fn mono() -> Self {
        let plain = Style::new();
        Self {
            accent: plain.add_modifier(Modifier::BOLD),
            dim: plain.add_modifier(Modifier::DIM),
            strong: plain.add_modifier(Modifier::BOLD),
            up: plain,
            down: plain,
            good: plain,
            warn: plain.add_modifier(Modifier::BOLD),
            bad: plain.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            selected: plain.add_modifier(Modifier::REVERSED),
        }
    }

    /// The style of a check.
    pub fn status(&self, status: Status) -> Style {
        match status {
            Status::Pass => self.good,
            Status::Unknown => self.dim,
            Status::Warn => self.warn,
            Status::Fail => self.bad,
        }
    }

    /// The style of a lookup, and its mark in the strip.
    pub fn outcome(&self, outcome: Outcome) -> (char, Style) {
        match outcome {
            Outcome::Memory => ('M', self.good),
            Outcome::Disk => ('D', self.up),
            Outcome::Shared => ('S', self.accent),
            Outcome::Miss => ('·', self.down),
            Outcome::Bypass => ('»', self.dim),
        }
    }
}
