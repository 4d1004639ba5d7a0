//! The loop: events → update → effects → desk, drawing when something has changed, at most sixty times a second.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyEventKind};
use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::Start;
use super::app::{App, Effect, Item, Message};
use super::clipboard;
use super::drafts;
use super::elsewhere;
use super::keeper::{self, Keeper};
use super::terminal::{self, Guard};
use super::theme::Theme;
use super::view;
use super::watch::{poll, watch, watch_sharing};
use super::work::{self, expand, open, studied};
use crate::config::Colour;
use crate::desk::{Desk, Step, environment, now_millis};
use crate::feed::Locator;
use crate::model::{KNOWN, ModelName, price};

/// The least time between two frames that keys ask for.
const FRAME: Duration = Duration::from_micros(16_667);

/// The least time from a frame to one that nobody's key asks for: a stream is read no faster, and a key finds the way clear.
const QUIET: Duration = Duration::from_micros(33_333);

/// How often a waiting answer's seconds are counted.
const SECOND: Duration = Duration::from_secs(1);

/// How long a candle stays when a record plays by itself.
const CANDLE: Duration = Duration::from_millis(350);

/// Messages taken in between two looks at the keys.
const BURST: usize = 256;

/// Runs the workbench until it is left.
pub(super) async fn run(desk: Desk, start: Start) -> io::Result<()> {
    let settings = desk.settings();
    let (up, down) = &settings.candles;
    let theme_name = &settings.theme.value;
    let asks = theme_name == "auto" && environment("NO_COLOR").is_none();
    let light = if asks { terminal::is_light() } else { None };
    let theme = Theme::named(theme_name, light, &environment)
        .with_candles(up.as_ref().map(Colour::name), down.as_ref().map(Colour::name));
    let mut guard = Guard::take(settings.mouse)?;
    let size = crossterm::terminal::size()?;
    let mut app = App::new(size, desk.library().list(), models(&desk), theme, Timestamp::now());
    let state = desk.settings().places.state.clone();
    // What is named on the command line stands alone; the desks of the run before stay for the next.
    let named = start.candles.is_some() || start.template.is_some() || start.model.is_some();
    match start.template.as_deref().map(|name| desk.library().find_listed(name)) {
        None => {}
        Some(Ok(listed)) => app.add_template(listed),
        Some(Err(error)) => app.warn(error.to_string()),
    }
    if start.model.is_some() {
        app.choose_model(start.model);
    }
    app.use_keys(start.keymap);
    app.risk(desk.settings().risk_money);
    app.draw_plainly(desk.settings().ascii.unwrap_or_else(|| !speaks_unicode()));
    if let Some(warning) = start.warning {
        app.warn(warning);
    }
    let mut own = drafts::Own::at(&state);
    if let Some((drafts, behind)) = own.left() {
        app.restore(drafts, &behind);
    }
    let session = keeper::session(&state);
    let effects = if named {
        app.remember(session);
        app.start(start.candles)
    } else {
        app.resume(session)
    };
    let (sender, receiver) = unbounded_channel();
    let mut driver = Driver {
        desk,
        sender,
        calls: HashMap::new(),
        watches: HashMap::new(),
        keeper: Keeper::at(state, own)?,
        elsewhere: None,
        leave: false,
    };
    driver.run_all(effects, &mut guard)?;
    driver.watch_sharing();
    let result = driver.follow(&mut app, &mut guard, receiver).await;
    // What is on its way is given up, and what it holds at the desk with it.
    driver.calls.values().for_each(JoinHandle::abort);
    result
}

/// When to draw: what a key changes at once, what comes by itself a little later, nothing when nothing has changed.
struct Frames {
    /// Whether something has changed, and whether by a key.
    changed: Option<bool>,
    /// The last frame, and the last that a key asked for.
    last: Option<Instant>,
    last_key: Option<Instant>,
    begun: Instant,
}

impl Frames {
    fn new(now: Instant) -> Self {
        Self {
            changed: Some(true),
            last: None,
            last_key: None,
            begun: now,
        }
    }

    fn wanted(&mut self, by_key: bool) {
        self.changed = Some(by_key || self.changed == Some(true));
    }

    fn is_wanted(&self) -> bool {
        self.changed.is_some()
    }

    /// When the next frame is to be drawn.
    fn due(&self) -> Instant {
        let (last, least) = match self.changed {
            Some(true) => (self.last_key, FRAME),
            _ => (self.last, QUIET),
        };
        last.map_or(self.begun, |last| last + least)
    }

    fn is_due(&self, now: Instant) -> bool {
        self.is_wanted() && now >= self.due()
    }

    fn drawn(&mut self, now: Instant) {
        if self.changed.take() == Some(true) {
            self.last_key = Some(now);
        }
        self.last = Some(now);
    }
}

/// Does what the workbench asks for.
struct Driver {
    desk: Desk,
    sender: UnboundedSender<Message>,
    calls: HashMap<u64, JoinHandle<()>>,
    /// The watches on open candle files, by the opening that read them.
    watches: HashMap<u64, JoinHandle<()>>,
    /// Dropped with the driver, however that ends: nothing typed goes with it.
    keeper: Keeper,
    /// A template's name and text, to be edited elsewhere.
    elsewhere: Option<(String, String)>,
    leave: bool,
}

impl Driver {
    async fn follow(
        &mut self,
        app: &mut App,
        guard: &mut Guard,
        mut inbox: UnboundedReceiver<Message>,
    ) -> io::Result<()> {
        let mut events = EventStream::new();
        let mut signals = Signals::install()?;
        let mut frames = Frames::new(Instant::now());
        while !self.leave {
            if frames.is_due(Instant::now()) {
                frames.drawn(Instant::now());
                let effects = app.update(Message::Now(Timestamp::now()));
                guard.draw(|frame| view::draw(frame, app))?;
                self.run_all(effects, guard)?;
            }
            if let Some((name, text)) = self.elsewhere.take() {
                // Its keys are the other editor's: nobody reads them here meanwhile.
                drop(events);
                let edited = tokio::task::block_in_place(|| elsewhere::edit(&name, &text, guard));
                // The end of the events has woken a reader that was not there. The next one would take that for itself, and overlook
                // keys that come at the same time until there are more (crossterm 0.29).
                crossterm::event::poll(Duration::ZERO)?;
                events = EventStream::new();
                let effects = app.update(Message::EditedElsewhere(name, edited));
                frames.wanted(true);
                self.run_all(effects, guard)?;
                continue;
            }
            let mut effects = Vec::new();
            let mut asked = false;
            tokio::select! {
                event = events.next() => match event {
                    Some(Ok(event)) => {
                        asked = true;
                        type_in(app, event, &mut effects)?;
                    }
                    // A terminal that has vanished leaves nobody to work for.
                    Some(Err(_)) | None => return Ok(()),
                },
                Some(message) = inbox.recv() => effects.extend(app.update(message)),
                () = signals.end() => return Ok(()),
                () = tokio::time::sleep_until(frames.due()), if frames.is_wanted() => continue,
                // The seconds are counted while an answer is waited for; idle, nothing is drawn.
                () = tokio::time::sleep(SECOND), if app.any_waiting() => {}
                () = tokio::time::sleep(CANDLE), if app.is_playing() => effects.extend(app.update(Message::Tick)),
            }
            // A burst is drawn once; a flood leaves room for keys.
            for _ in 0..BURST {
                let Ok(message) = inbox.try_recv() else { break };
                effects.extend(app.update(message));
            }
            frames.wanted(asked);
            self.run_all(effects, guard)?;
        }
        // What is open is kept with each frame, and the last keys get none.
        let effects = app.update(Message::Now(Timestamp::now()));
        self.run_all(effects, guard)
    }

    fn run_all(&mut self, effects: Vec<Effect>, guard: &mut Guard) -> io::Result<()> {
        effects.into_iter().try_for_each(|effect| self.run(effect, guard))
    }

    fn run(&mut self, effect: Effect, guard: &mut Guard) -> io::Result<()> {
        match effect {
            Effect::Quit => self.leave = true,
            Effect::KeepDrafts(drafts) => self.keeper.drafts(drafts),
            Effect::KeepSession(session) => self.keeper.session(session),
            Effect::EditElsewhere(name, text) => self.elsewhere = Some((name, text)),
            Effect::Suspend => guard.suspend()?,
            Effect::Copy(text) => {
                Guard::copy(&text)?;
                tokio::task::spawn_blocking(move || {
                    if let Err(error) = clipboard::hand_over(&text, &environment) {
                        // The terminal has been asked already; not every desktop has the tool.
                        tracing::debug!(%error, "no clipboard tool");
                    }
                });
            }
            Effect::Cancel(id) => {
                if let Some(call) = self.calls.remove(&id) {
                    call.abort();
                }
            }
            Effect::Ask(id, prepared, policy) => {
                self.calls.retain(|_, call| !call.is_finished());
                let (desk, sender) = (self.desk.clone(), self.sender.clone());
                let call = tokio::spawn(async move {
                    let mut steps = desk.ask(&prepared, policy);
                    while let Some(step) = steps.next().await {
                        let over = matches!(step, Step::Failed(_) | Step::Stored(_));
                        if sender.send(Message::Step(id, step)).is_err() || over {
                            return;
                        }
                    }
                });
                self.calls.insert(id, call);
            }
            Effect::TestModel(id, model) => {
                let (desk, sender) = (self.desk.clone(), self.sender.clone());
                tokio::spawn(async move {
                    let tested = desk.test_model(model, None).await;
                    let words = tested.map(|answer| answer.in_words()).map_err(|e| e.to_string());
                    // A workbench that has been left needs no answer.
                    let _ = sender.send(Message::Tested(id, words));
                });
            }
            Effect::Open(id, path) => match live(&path) {
                Some(locator) => {
                    let (desk, sender) = (self.desk.clone(), self.sender.clone());
                    tokio::spawn(async move {
                        let fetched = desk.fetch(&locator, None).await.map_err(|e| e.to_string());
                        let opened = tokio::task::block_in_place(|| fetched.and_then(|f| studied(f.loaded, None)));
                        // A workbench that has been left needs no answer.
                        let _ = sender.send(Message::Opened(id, opened));
                    });
                }
                None => self.blocking(move |desk| work::done(desk, Effect::Open(id, path))),
            },
            Effect::Watch(id, path, candles) => {
                let sender = self.sender.clone();
                let watch = match live(&path) {
                    Some(locator) => tokio::spawn(poll(self.desk.clone(), locator, *candles, move |opened| {
                        sender.send(Message::Grown(id, opened)).is_ok()
                    })),
                    None => {
                        let mut known = Some(candles.market);
                        // Read where it is: a tick that takes long only makes the next one late.
                        tokio::spawn(watch(expand(&path), move |path| {
                            let opened =
                                path.and_then(|path| tokio::task::block_in_place(|| open(path, known.clone())));
                            if let Ok(candles) = &opened {
                                known = Some(candles.market.clone());
                            }
                            sender.send(Message::Grown(id, opened)).is_ok()
                        }))
                    }
                };
                self.watches.insert(id, watch);
            }
            Effect::Unwatch(id) => {
                if let Some(watch) = self.watches.remove(&id) {
                    watch.abort();
                }
            }
            effect => self.blocking(move |desk| work::done(desk, effect)),
        }
        Ok(())
    }

    fn watch_sharing(&self) {
        let sender = self.sender.clone();
        tokio::spawn(watch_sharing(self.desk.clone(), move |sharing| {
            sender.send(Message::Sharing(sharing)).is_ok()
        }));
    }

    /// Does work that may wait for a disk on a thread of its own, and sends what comes of it.
    fn blocking(&self, work: impl FnOnce(&Desk) -> Vec<Message> + Send + 'static) {
        let (desk, sender) = (self.desk.clone(), self.sender.clone());
        tokio::task::spawn_blocking(move || {
            for message in work(&desk) {
                // A workbench that has been left needs no answer.
                let _ = sender.send(message);
            }
        });
    }
}

/// Whether the terminal shows more than ASCII: not where the locale names another character set, nor on a console whose font has
/// a few hundred marks. A locale of `C` says nothing of the terminal.
fn speaks_unicode() -> bool {
    let named = ["LC_ALL", "LC_CTYPE", "LANG"];
    let locale = named
        .iter()
        .filter_map(|name| environment(name))
        .find(|v| !v.is_empty());
    let charset = locale
        .as_deref()
        .and_then(|l| l.split_once('.'))
        .map(|(_, charset)| charset.to_lowercase());
    let console = environment("TERM").is_some_and(|term| term == "linux" || term.starts_with("vt"));
    !console && charset.is_none_or(|charset| charset.starts_with("utf"))
}

/// Takes in an event and those that lie behind it: a burst of keys asks only for what its last one leaves wanted. What follows a
/// key that hands the terminal to another is the other's.
fn type_in(app: &mut App, first: Event, effects: &mut Vec<Effect>) -> io::Result<()> {
    let mut next = Some(first);
    for _ in 0..BURST {
        let Some(event) = next.take() else { break };
        effects.extend(translate(event).into_iter().flat_map(|message| app.update(message)));
        let hands_over = |effect: &Effect| matches!(effect, Effect::EditElsewhere(..) | Effect::Suspend | Effect::Quit);
        if effects.iter().any(hands_over) || !crossterm::event::poll(Duration::ZERO)? {
            break;
        }
        next = Some(crossterm::event::read()?);
    }
    if let Some(event) = next {
        effects.extend(translate(event).into_iter().flat_map(|message| app.update(message)));
    }
    let last_session = effects
        .iter()
        .rposition(|effect| matches!(effect, Effect::KeepSession(_)));
    let mut at = 0;
    effects.retain(|effect| {
        at += 1;
        match effect {
            Effect::Prepare(id, ..) => app.awaits(*id),
            Effect::KeepSession(_) => last_session == Some(at - 1),
            _ => true,
        }
    });
    Ok(())
}

fn translate(event: Event) -> Option<Message> {
    match event {
        // Some terminals report releases too.
        Event::Key(key) if key.kind != KeyEventKind::Release => Some(Message::Key(key)),
        Event::Paste(text) => Some(Message::Paste(text)),
        Event::Mouse(mouse) => Some(Message::Mouse(mouse)),
        Event::Resize(width, height) => Some(Message::Resize(width, height)),
        Event::FocusGained => Some(Message::Now(Timestamp::now())),
        _ => None,
    }
}

/// The live candles that are meant, if no file is.
fn live(path: &Path) -> Option<Locator> {
    Locator::parse(path.to_str()?).filter(|_| !path.exists())
}

/// The models to offer: the offline analyst, the configured ones, then those whose provider has a key.
fn models(desk: &Desk) -> Vec<Item> {
    let settings = desk.settings();
    let item = |value: String, detail: &str| Item {
        value,
        detail: detail.to_owned(),
    };
    let mut items = vec![item("offline".to_owned(), "built in: rules, no key, no network")];
    for (name, provider) in &settings.providers {
        let own = provider
            .models
            .iter()
            .map(|m| item(format!("{name}/{m}"), "configured"));
        items.extend(own);
    }
    for known in KNOWN.iter().filter(|k| k.dialect().is_some() && !k.keyless) {
        if crate::config::has_key(settings, known.name, &environment) {
            let models = price::models_of(known.name);
            items.extend(models.into_iter().map(|m| {
                let name = format!("{}/{m}", known.name);
                let price = ModelName::parse(&name, &[]).ok().and_then(|model| price::price(&model));
                let detail = price.map_or_else(
                    || "key set".to_owned(),
                    |p| {
                        let context = p
                            .context
                            .map_or_else(String::new, |n| format!(" · reads {}k", n / 1_000));
                        format!("${} in, ${} out per million{context}", p.input, p.output)
                    },
                );
                item(name, &detail)
            }));
        }
    }
    // Those asked last come first, behind the analyst that is always there.
    let now = now_millis();
    for (model, at) in desk.last_used().into_iter().rev() {
        if let Some(found) = items.iter().position(|i| i.value == model) {
            let mut item = items.remove(found);
            let ago = crate::text::duration(now.saturating_sub(at).max(0) as f64);
            item.detail = format!("{} · used {ago} ago", item.detail);
            items.insert(1, item);
        }
    }
    items
}

/// How long the program may take to end after a signal. The loop may not hear of it: when the terminal vanishes while keys are read,
/// crossterm 0.29 reads the end of its input for ever.
#[cfg(unix)]
const LAST: Duration = Duration::from_secs(10);

/// The signals that end the program: the terminal is given back first.
#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn install() -> io::Result<Self> {
        let mut others = Self::listen()?;
        tokio::spawn(async move {
            others.end().await;
            tokio::time::sleep(LAST).await;
            terminal::restore();
            std::process::exit(1);
        });
        Self::listen()
    }

    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn end(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn install() -> io::Result<Self> {
        Ok(Self)
    }

    async fn end(&mut self) {
        // Failing to listen is never being told.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_drawn_at_once_and_a_burst_of_them_sixty_times_a_second() {
        let begun = Instant::now();
        let mut frames = Frames::new(begun);
        assert!(frames.is_due(begun));
        frames.drawn(begun);
        assert!(!frames.is_wanted(), "idle, nothing is drawn");
        // A stream that changes something every five milliseconds, and a key every millisecond for a second.
        let (mut streamed, mut keyed) = (0, 0);
        let mut at = |millis: u64, by_key: bool, drawn: &mut i32| {
            let now = begun + Duration::from_millis(millis);
            frames.wanted(by_key);
            if frames.is_due(now) {
                frames.drawn(now);
                *drawn += 1;
            }
        };
        for millis in (100..1_100).step_by(5) {
            at(millis, false, &mut streamed);
        }
        // Between two frames of a stream a key does not wait.
        let mut first = 0;
        at(1_101, true, &mut first);
        assert_eq!(first, 1);
        for millis in 1_102..2_102 {
            at(millis, true, &mut keyed);
        }
        assert!((25..=30).contains(&streamed), "{streamed}");
        assert!((55..=60).contains(&keyed), "{keyed}");
    }
}
