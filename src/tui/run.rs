//! The loop: events → update → effects → desk, drawing when something has changed, at most sixty times a second.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyEventKind};
use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::Start;
use super::app::{App, Candles, Effect, Item, Message, Opened};
use super::drafts::{self, Drafts};
use super::terminal::Guard;
use super::theme::Theme;
use super::view;
use super::watch::{poll, watch};
use crate::config::Colour;
use crate::desk::{Desk, Judged, Market, Step, environment, now_millis};
use crate::feed::{self, Locator};
use crate::market::read::Loaded;
use crate::market::{ReadOptions, Series, Timeframe, read_file, sample};
use crate::model::{KNOWN, ModelName, price};

/// The least time between two frames.
const FRAME: Duration = Duration::from_micros(16_667);

/// How often a waiting answer's seconds are counted.
const SECOND: Duration = Duration::from_secs(1);

/// How long what is typed waits to be kept.
const PAUSE: Duration = Duration::from_millis(400);

/// How long a candle stays when a record plays by itself.
const CANDLE: Duration = Duration::from_millis(350);

/// Records that the journal's list holds; the others are found by their words.
const LISTED: usize = 2_000;

/// Entries that the cache browser holds; more than these nobody scrolls through, and `wickdesk cache list` streams them.
const BROWSED: usize = 20_000;

/// Messages taken in between two looks at the keys.
const BURST: usize = 256;

/// Runs the workbench until it is left.
pub(super) async fn run(desk: Desk, start: Start) -> io::Result<()> {
    let settings = desk.settings();
    let (up, down) = &settings.candles;
    let theme = Theme::named(&settings.theme.value, &environment)
        .with_candles(up.as_ref().map(Colour::name), down.as_ref().map(Colour::name));
    let mut guard = Guard::take(settings.mouse)?;
    let size = crossterm::terminal::size()?;
    let mut app = App::new(size, desk.library().list(), models(&desk), theme, Timestamp::now());
    match start.template.as_deref().map(|name| desk.library().find_listed(name)) {
        None => {}
        Some(Ok(listed)) => app.add_template(listed),
        Some(Err(error)) => app.warn(error.to_string()),
    }
    app.choose_model(start.model);
    app.use_keys(start.keymap);
    app.risk(desk.settings().risk_money);
    if let Some(warning) = start.warning {
        app.warn(warning);
    }
    if let Some(drafts) = drafts::left(&desk.settings().places.state) {
        app.restore(drafts);
    }
    let effects = app.start(start.candles);
    let (sender, receiver) = unbounded_channel();
    let mut driver = Driver {
        desk,
        sender,
        calls: HashMap::new(),
        watch: None,
        drafts: None,
        leave: false,
    };
    driver.run_all(effects, &mut guard)?;
    let left = driver.follow(&mut app, &mut guard, receiver).await;
    // Ended by a signal, or by a terminal that is gone: nothing typed goes with it.
    driver.keep_drafts();
    left
}

/// Does what the workbench asks for.
struct Driver {
    desk: Desk,
    sender: UnboundedSender<Message>,
    calls: HashMap<u64, JoinHandle<()>>,
    /// The watch on the open candle file.
    watch: Option<JoinHandle<()>>,
    /// What is typed, and when it is to be kept.
    drafts: Option<(Instant, Box<Drafts>)>,
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
        let mut next_frame = Instant::now();
        let mut changed = true;
        while !self.leave {
            if changed && Instant::now() >= next_frame {
                next_frame = Instant::now() + FRAME;
                changed = false;
                let effects = app.update(Message::Now(Timestamp::now()));
                guard.screen().draw(|frame| view::draw(frame, app))?;
                self.run_all(effects, guard)?;
            }
            let mut effects = Vec::new();
            tokio::select! {
                event = events.next() => match event {
                    Some(Ok(event)) => effects.extend(translate(event).into_iter().flat_map(|m| app.update(m))),
                    // A terminal that has vanished leaves nobody to work for.
                    Some(Err(_)) | None => return Ok(()),
                },
                Some(message) = inbox.recv() => effects.extend(app.update(message)),
                () = signals.end() => return Ok(()),
                () = tokio::time::sleep_until(next_frame), if changed => continue,
                // The seconds are counted while an answer is waited for; idle, nothing is drawn.
                () = tokio::time::sleep(SECOND), if app.is_waiting() => {}
                () = tokio::time::sleep_until(self.drafts.as_ref().map_or(next_frame, |d| d.0)), if self.drafts.is_some() => {
                    self.keep_drafts();
                    continue;
                }
                () = tokio::time::sleep(CANDLE), if app.is_playing() => effects.extend(app.update(Message::Tick)),
            }
            // A burst is drawn once; a flood leaves room for keys.
            for _ in 0..BURST {
                let Ok(message) = inbox.try_recv() else { break };
                effects.extend(app.update(message));
            }
            changed = true;
            self.run_all(effects, guard)?;
        }
        Ok(())
    }

    fn run_all(&mut self, effects: Vec<Effect>, guard: &mut Guard) -> io::Result<()> {
        effects.into_iter().try_for_each(|effect| self.run(effect, guard))
    }

    fn run(&mut self, effect: Effect, guard: &mut Guard) -> io::Result<()> {
        match effect {
            Effect::Quit => {
                self.keep_drafts();
                self.leave = true;
            }
            Effect::KeepDrafts(drafts) => {
                // A burst of typing is kept once, what it began with not much later.
                let due = self
                    .drafts
                    .take()
                    .map_or_else(|| Instant::now() + PAUSE, |(due, _)| due);
                self.drafts = Some((due, drafts));
            }
            Effect::Suspend => guard.suspend()?,
            Effect::Copy(text) => Guard::copy(&text)?,
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
                None => self.blocking(move |_| Message::Opened(id, open(&path, None))),
            },
            Effect::Watch(id, path, candles) => {
                if let Some(watch) = self.watch.take() {
                    watch.abort();
                }
                let sender = self.sender.clone();
                self.watch = Some(match live(&path) {
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
                });
            }
            Effect::Turn(id, base, to) => self.blocking(move |_| Message::Turned(id, turn(&base, to))),
            Effect::ListFiles(id) => self.blocking(move |desk| Message::Files(id, openable(desk))),
            Effect::Prepare(id, question, market) => self.blocking(move |desk| {
                let prepared = desk.prepare_on(&question, market.map(|m| *m), &[]);
                let result = prepared.map(|prepared| {
                    let estimate = desk.estimate(&prepared);
                    Box::new((prepared, estimate))
                });
                Message::Prepared(id, result.map_err(|e| e.to_string()))
            }),
            Effect::Report => self.blocking(|desk| Message::Report(Box::new(desk.cache().report()))),
            Effect::Clear(what) => self.blocking(move |desk| {
                Message::Cleared(desk.cache().clear(what, now_millis()).map_err(|e| e.to_string()))
            }),
            Effect::Browse(id) => {
                self.blocking(move |desk| Message::Browsed(id, desk.browse(BROWSED).map_err(|e| e.to_string())))
            }
            Effect::Inspect(id, key, sample) => self.blocking(move |desk| {
                let inspected = desk.inspect(&key, sample).map_err(|e| e.to_string());
                Message::Inspected(id, inspected.map(|i| i.map(Box::new)))
            }),
            Effect::Pin(key, sample, pinned) => self.blocking(move |desk| {
                let words = if pinned {
                    "pinned: it stays until it expires or is cleared"
                } else {
                    "no longer pinned"
                };
                let done = desk.cache().pin(&key, sample, pinned);
                Message::Kept(done.map(|_| words.to_owned()).map_err(|e| e.to_string()))
            }),
            Effect::Remove(key, sample) => self.blocking(move |desk| {
                let done = desk.cache().remove(&key, Some(sample));
                Message::Kept(
                    done.map(|_| "removed from the cache".to_owned())
                        .map_err(|e| e.to_string()),
                )
            }),
            Effect::Samples(id, key) => self.blocking(move |desk| Message::Samples(id, desk.live_samples(&key))),
            Effect::Record(prepared, answer, source) => {
                let (desk, sender) = (self.desk.clone(), self.sender.clone());
                tokio::task::spawn_blocking(move || {
                    let judged = Judged::answer(&answer, prepared.market.as_ref());
                    if let Err(error) = desk.record(&prepared, &answer, &judged, &source) {
                        // A workbench that has been left needs no answer.
                        let _ = sender.send(Message::Unrecorded(error.to_string()));
                    }
                });
            }
            Effect::Settle(series) => {
                self.blocking(move |desk| Message::Settled(desk.settle(&series).map_err(|e| e.to_string())));
            }
            Effect::ListHistory(id, words, only) => {
                self.blocking(move |desk| {
                    let listed = desk.history(&words, only.as_deref(), LISTED);
                    Message::Listed(id, listed.map_err(|e| e.to_string()))
                });
            }
            Effect::Recall(id, record) => self.blocking(move |desk| {
                let found = desk.journal().and_then(|journal| journal.get(record));
                Message::Recalled(id, found.map(Box::new).map_err(|e| e.to_string()))
            }),
            Effect::Score(id, walk) => {
                self.blocking(move |desk| Message::Scored(id, desk.scoreboard(walk.as_deref()).map(Box::new)));
            }
            Effect::Save(saving, replace) => {
                let sender = self.sender.clone();
                self.blocking(move |desk| {
                    let saved = desk.library().save(&saving.name, &saving.text, replace);
                    // The list first, so that the new name is in it.
                    let _ = sender.send(Message::Library(desk.library().list()));
                    Message::Saved(saved.map(|_| saving).map_err(|e| e.to_string()))
                });
            }
        }
        Ok(())
    }

    /// Keeps what is typed. A few kilobytes beside: no key waits for it longer than for a frame.
    fn keep_drafts(&mut self) {
        let Some((_, drafts)) = self.drafts.take() else { return };
        if let Err(error) = drafts::keep(&self.desk.settings().places.state, &drafts) {
            tracing::warn!(%error, "what is typed is not kept");
        }
    }

    /// Does work that may wait for a disk on a thread of its own, and sends what comes of it.
    fn blocking(&self, work: impl FnOnce(&Desk) -> Message + Send + 'static) {
        let (desk, sender) = (self.desk.clone(), self.sender.clone());
        tokio::task::spawn_blocking(move || {
            // A workbench that has been left needs no answer.
            let _ = sender.send(work(&desk));
        });
    }
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

/// Reads a candle file; of one that was read before, `known` is what it said then.
fn open(path: &Path, known: Option<Market>) -> Opened {
    let options = ReadOptions {
        now: Some(Timestamp::now()),
        ..ReadOptions::default()
    };
    let loaded = if path.as_os_str().is_empty() {
        sample(&options)
    } else {
        read_file(&expand(path), &options)
    };
    studied(loaded.map_err(|e| e.to_string())?, known)
}

fn studied(loaded: Loaded, known: Option<Market>) -> Opened {
    let base = Arc::new(loaded.series);
    let market = match known {
        Some(market) => market.grown(&base),
        None => Market::of(&base, None).map_err(|e| e.to_string())?,
    };
    Ok(Box::new(Candles {
        base,
        market,
        card: loaded.card,
    }))
}

/// The candles in this timeframe, with their facts.
fn turn(base: &Arc<Series>, to: Timeframe) -> Result<Box<Market>, String> {
    let series = if to == base.timeframe() {
        Arc::clone(base)
    } else {
        Arc::new(base.coarser(to).map_err(|e| e.to_string())?)
    };
    let market = Market::of(&series, None).map_err(|e| e.to_string())?;
    Ok(Box::new(market))
}

/// `~/candles.csv` as a shell would have it.
fn expand(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), etcetera::home_dir()) {
        (Ok(rest), Ok(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

/// What could be opened: files, then an example of each live source.
fn openable(desk: &Desk) -> Vec<Item> {
    let files = candle_files().into_iter().map(|path| Item {
        value: path.display().to_string(),
        detail: String::new(),
    });
    let own = &desk.settings().sources;
    let sources = own.iter().chain(feed::shipped()).filter_map(|source| {
        let timeframe = source.timeframes().find(|t| *t >= Timeframe::H1)?;
        let key = source.key_env.as_ref();
        let key = key.map_or_else(|| "no key needed".to_owned(), |variable| format!("key in {variable}"));
        Some(Item {
            value: format!("{}:{}:{timeframe}", source.name, source.example.as_ref()?),
            detail: format!("live · {}, {key}", crate::text::clean_line(&source.title)),
        })
    });
    files.chain(sources).collect()
}

/// Files below the working directory that may hold candles, nearest first; a deep or large tree is not walked to its end.
fn candle_files() -> Vec<PathBuf> {
    const DEEP: usize = 4;
    const MOST: usize = 2_000;
    let mut found = Vec::new();
    let mut level = vec![PathBuf::from(".")];
    let mut seen = 0;
    for _ in 0..DEEP {
        let mut below = Vec::new();
        for directory in level {
            let mut entries: Vec<PathBuf> = std::fs::read_dir(&directory)
                .into_iter()
                .flatten()
                .flatten()
                .map(|e| e.path())
                .collect();
            entries.sort();
            seen += entries.len();
            for path in entries {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if name.starts_with('.') || matches!(&*name, "target" | "node_modules") {
                    continue;
                }
                let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
                if path.is_dir() {
                    below.push(path);
                } else if matches!(ending.as_str(), "csv" | "tsv" | "txt" | "prn" | "json" | "gz" | "zip") {
                    found.push(path.strip_prefix(".").unwrap_or(&path).to_owned());
                }
            }
            if seen > MOST * 10 || found.len() > MOST {
                return found;
            }
        }
        level = below;
    }
    found
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
