//! `wickdesk chart`: the candlestick chart with its facts, on standard output or as an SVG picture.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::sync::Arc;

use anstyle::{Ansi256Color, AnsiColor, Color as Ansi, RgbColor, Style as AnsiStyle};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use super::args::{Args, ChartArgs};
use super::output::{self, Exit, Failure};
use super::{ask, load};
use crate::chart::{Layers, Scene, Sheet, svg};
use crate::desk::{Market, environment};
use crate::market::{price, timestamp};
use crate::tui::app::paint;
use crate::tui::theme::Theme;

/// The size where standard output is no terminal and none is given.
const SIZE: (u16, u16) = (120, 36);
/// Candles in a picture, and its size in pixels unless given.
const PICTURE: (usize, u32, u32) = (160, 1_280, 720);

pub(super) fn run(global: &Args, args: &ChartArgs) -> Result<Exit, Failure> {
    let loaded = load::read(&args.file, &args.read, || super::settings(global))?;
    load::warn_of(&loaded);
    let market = ask::market_of(Arc::new(loaded.series), args.as_of.as_deref())?;
    let layers = layers(&args.layers)?;
    if let Some(path) = &args.svg {
        let (candles, width, height) = PICTURE;
        let end = market.series.candles().len();
        let scene = scene(&market, layers, end.saturating_sub(candles)..end, args.template_facts);
        let size = |given: Option<u16>, default: u32| given.map_or(default, u32::from);
        let picture = svg::svg(
            &scene,
            size(args.width, width).max(320),
            size(args.height, height).max(200),
        );
        if path.as_os_str() == "-" {
            output::out(&picture)?;
        } else {
            crate::files::write_whole(path, picture.as_bytes())
                .map_err(|e| Failure::new(format!("{}: {}", path.display(), crate::text::io_reason(&e))))?;
            output::note(&format!("{} written", path.display()));
        }
        return Ok(Exit::Done);
    }
    let (width, height) = size(args);
    output::out(&text(&market, layers, args, width, height))?;
    Ok(Exit::Done)
}

fn scene(market: &Market, layers: Layers, window: std::ops::Range<usize>, live_only: bool) -> Scene<'_> {
    Scene::of(
        &market.series,
        &market.study,
        &market.facts,
        None,
        layers,
        window,
        live_only,
    )
}

fn size(args: &ChartArgs) -> (u16, u16) {
    let (width, height) = if std::io::stdout().is_terminal() {
        // One row for the title, one for the prompt that follows.
        crossterm::terminal::size().map_or(SIZE, |(width, height)| (width, height.saturating_sub(2)))
    } else {
        SIZE
    };
    (
        args.width.unwrap_or(width).clamp(20, 1_000),
        args.height.unwrap_or(height).clamp(8, 400),
    )
}

/// The layers named, all but those that crowd the candles without.
fn layers(names: &[String]) -> Result<Layers, Failure> {
    use crate::chart::Layer;
    if names.is_empty() {
        return Ok(Layers::default());
    }
    let word = |name: &str| name.to_lowercase().replace(['-', '_'], " ");
    let mut chosen = Vec::new();
    for name in names.iter().flat_map(|n| n.split(',')).map(str::trim) {
        match word(name).as_str() {
            "all" => return Ok(Layers::all()),
            "none" => return Ok(Layers::NONE),
            wanted => {
                let found = Layer::ALL.iter().find(|(_, _, n)| {
                    let n = n.to_lowercase();
                    n == wanted || n.split(' ').any(|part| part == wanted)
                });
                let names = || Layer::ALL.map(|(_, _, n)| n).join(", ");
                let (layer, ..) = found.ok_or_else(|| {
                    Failure::new(format!(
                        "--layers {}: no such layer; there are all, none, {}",
                        crate::text::clean_line(name),
                        names()
                    ))
                })?;
                chosen.push(*layer);
            }
        }
    }
    Ok(Layers::of(chosen))
}

fn text(market: &Market, layers: Layers, args: &ChartArgs, width: u16, height: u16) -> String {
    let area = Rect::new(0, 0, width, height);
    let series = &market.series;
    let step = args.step;
    let axis = Sheet::axis(area, series.last().high, series.decimals());
    let end = series.candles().len();
    let window = end.saturating_sub(Sheet::fits(area, axis, step))..end;
    let scene = scene(market, layers, window, args.template_facts);
    let theme = Theme::named("auto", None, &environment);
    let sheet = Sheet {
        area,
        step,
        paint: paint(&theme),
        cursor: None,
    };
    let mut buffer = Buffer::empty(area);
    sheet.draw(&scene, &mut buffer);
    let mut text = format!(
        "{} {} · {} · as of {}\n",
        series.symbol(),
        series.timeframe(),
        price(series.last().close, series.decimals()),
        timestamp(series.last().time)
    );
    for y in 0..height {
        text.push_str(&row(&buffer, y));
        text.push('\n');
    }
    text
}

/// A row with its colours, without the blanks at its end.
fn row(buffer: &Buffer, y: u16) -> String {
    let cells: Vec<&Cell> = (0..buffer.area.width).filter_map(|x| buffer.cell((x, y))).collect();
    let last = cells
        .iter()
        .rposition(|cell| cell.symbol() != " ")
        .map_or(0, |at| at + 1);
    let mut text = String::new();
    let mut style = AnsiStyle::new();
    for cell in &cells[..last] {
        let own = ansi(cell);
        if own != style {
            // Writing to a string cannot fail.
            let _ = write!(text, "{style:#}{own}");
            style = own;
        }
        text.push_str(cell.symbol());
    }
    let _ = write!(text, "{style:#}");
    text
}

/// A cell's style in the words that standard output is stripped of where no colour is wanted.
fn ansi(cell: &Cell) -> AnsiStyle {
    let mut style = AnsiStyle::new().fg_color(colour(cell.fg)).bg_color(colour(cell.bg));
    if cell.modifier.contains(Modifier::DIM) {
        style = style.dimmed();
    }
    if cell.modifier.contains(Modifier::BOLD) {
        style = style.bold();
    }
    style
}

fn colour(color: Color) -> Option<Ansi> {
    match color {
        Color::Rgb(r, g, b) => Some(RgbColor(r, g, b).into()),
        Color::Indexed(index) => Some(Ansi256Color(index).into()),
        Color::Red => Some(AnsiColor::Red.into()),
        Color::Green => Some(AnsiColor::Green.into()),
        Color::Yellow => Some(AnsiColor::Yellow.into()),
        Color::Blue => Some(AnsiColor::Blue.into()),
        // A theme has no others; what it leaves alone is the terminal's.
        _ => None,
    }
}
