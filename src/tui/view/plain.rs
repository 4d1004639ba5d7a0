//! The screen in ASCII, for fonts and terminals that have no more: each mark becomes the nearest that a typewriter has.

use ratatui::buffer::Buffer;

/// Puts ASCII in place of every mark on the screen. Letters of any script stay: there is nothing nearer to them.
pub(super) fn ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let mut characters = cell.symbol().chars();
        if let (Some(c), None) = (characters.next(), characters.next())
            && !c.is_ascii()
            && let Some(plain) = mark(c)
        {
            cell.set_char(plain);
        }
    }
}

/// The ASCII character nearest to a mark; `None` for what is a letter.
fn mark(c: char) -> Option<char> {
    Some(match c {
        '╭' | '╮' | '╰' | '╯' | '┌' | '┐' | '└' | '┘' | '├' | '┬' | '┴' | '┼' | '┤' => '+',
        '─' | '╌' | '┄' | '┈' | '┉' | '╴' | '╶' | '–' | '—' | '‐' | '‑' | '−' => '-',
        '━' => '=',
        '│' | '╎' | '╷' | '╵' | '┆' | '┊' | '▏' | '▎' | '▍' | '▕' => '|',
        // A rising candle is hollow, a falling one filled: so they stay apart.
        '║' => 'H',
        '█' | '▀' | '▄' | '▌' | '▋' | '▊' | '▉' | '▐' | '■' | '▰' | '▮' => '#',
        '░' | '▒' | '▓' => ':',
        '▁' | '▂' | '▃' | '⡀' => '_',
        '▅' | '▆' | '▇' => '#',
        '▯' | '▱' | '□' => '.',
        '·' | '˙' | '∙' | '⁚' | '⁝' | '•' => '.',
        '…' => '~',
        '▸' | '›' | '→' | '»' | '❯' | '▶' => '>',
        '◂' | '‹' | '←' | '«' | '◀' => '<',
        '↑' | '▲' | '△' => '^',
        '↓' | '▼' | '▽' => 'v',
        '✓' | '✔' => 'v',
        '✗' | '✘' | '×' => 'x',
        '●' | '◆' => '*',
        '○' | '◇' => 'o',
        '✎' => '%',
        '≈' | '≃' => '~',
        '≤' => '<',
        '≥' => '>',
        '“' | '”' | '„' => '"',
        '‘' | '’' => '\'',
        // Braille, as curves are drawn.
        '\u{2800}' => ' ',
        '\u{2801}'..='\u{28ff}' => '*',
        '\u{2190}'..='\u{2bff}' => '?',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_of_the_screen_has_one() {
        let marks = "╭╮╰╯─│╌┈┄┉━║█▀▄░⡀·…▸◂‹›←→↑↓✓✗●○✎╷╵┼┤▁▂▃▅▆▇█▏▎▍▌▋▊▉▯»–≤";
        for c in marks.chars() {
            assert!(mark(c).is_some_and(|m| m.is_ascii()), "{c}");
        }
        assert_eq!(mark('ü'), None);
        assert_eq!(mark('金'), None);
    }
}
