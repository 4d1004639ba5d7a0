//! wickdesk, a trading-analysis workbench for the terminal: candles → facts → prompt → answer, through a cache, → setup →
//! checks → journal.
//!
//! # The path of one question
//!
//! ```text
//! candles ──► facts ──► prompt ──► key ──► memory ──► disk ──► [shared] ──► model
//!                                            ▲         ▲          ▲           │
//! response pane, chart, exit code            └──── every tier that missed ────┤
//!        ▲                                                                    │
//!      checks ◄── setup ◄── answer ◄──────────────────────────────────────────┘
//!        │
//!        └──► journal ──► replay on later candles ──► score
//! ```
//!
//! Each step takes the value before it and yields the next. The headless command ([`cli`]) and the workbench ([`tui`])
//! walk the same path, which is [`desk`]: prepare → ask → judge → record. A walk ([`desk::Walk`]) is the same path, many times.
//!
//! # The rooms
//!
//! | room | holds | knows |
//! |---|---|---|
//! | [`market`] | candles: any export becomes one series and a card that says how | nobody |
//! | [`feed`] | live sources of candles: calls, paging, keeping a file up to date | market |
//! | [`facts`] | what the candles say, one file a concept, known no earlier than it could be | market |
//! | [`prompt`] | templates: front matter, variables, the library, rendering | facts, market's series and its way of writing prices |
//! | [`model`] | who answers: request, answer, the trait, remote models, prices | nobody |
//! | [`analyst`] | the offline analyst, a model like any other | model, facts, setup |
//! | [`store`] | LMDB on a directory that may be trusted and a file that is whole | nobody |
//! | [`cache`] | answers kept: key, entry, memory, disk, one call for many askers, counts | store |
//! | [`shared`] | one cache for several machines: a third tier on Redis, and a lease on each question | cache |
//! | [`setup`] | what an answer proposes: reading it, checking it, playing it, scoring many | market, facts |
//! | [`journal`] | every answer that was shown, and what became of it; walks | store, setup, market |
//! | [`report`] | scores and single analyses in words, Markdown and HTML | journal, chart, desk's market |
//! | [`chart`] | what is drawn on the candles, as a value, and its two pictures | market, facts |
//! | [`config`] | settings, where files lie, where keys come from | model's providers, feed's sources, shared's address |
//! | [`desk`] | the path, once | all of the above |
//! | [`cli`], [`tui`] | who shows it | desk |
//!
//! [`message`], [`text`], [`ttl`], [`secret`], [`files`] and `web` are the few small things that several rooms share; [`diagnostics`] is the
//! log and the crash report. Only [`model`], [`feed`] and [`shared`] reach the network, only [`cli`] and [`tui`] the terminal. [`facts`],
//! [`setup`], [`analyst`] and [`tui::app`] are pure.
//!
//! # What is promised
//!
//! - A key is the whole request: BLAKE3 over its canonical bytes. Nothing that can change an answer is left out, whether
//!   it streams is not in it.
//! - Only an answer whose finish reason was seen and is a normal stop is cached; everything else is shown, marked, and not
//!   kept.
//! - Text from outside is made harmless before it reaches the terminal, a file or another prompt: [`text::clean`].
//! - Keys come from the environment or a command and are never written or shown: [`secret::Secret`].
//! - A question of the past is made of a series that ends at its as-of: nothing later is in reach of it.
//! - The journal is never touched by clearing the cache, and nothing leaves it unless that is asked for.
//! - `update` of the workbench does no IO; answers carry the id of what asked, and late ones are dropped.
//!
//! Research, not advice: nothing here routes an order.
#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod analyst;
pub mod cache;
pub mod chart;
pub mod cli;
pub mod config;
pub mod desk;
pub mod diagnostics;
pub mod facts;
pub mod feed;
pub mod files;
pub mod journal;
pub mod market;
pub mod message;
pub mod model;
pub mod prompt;
pub mod report;
pub mod secret;
pub mod setup;
pub mod shared;
pub mod store;
pub mod text;
pub mod ttl;
pub mod tui;
mod web;
