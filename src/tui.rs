//! The terminal player: plays finished recordings, backwards too, and never drives the engine.
//!
//! - [`take`]: a Scenario that was played, with what is needed to find one's way in it; [`head`]
//!   reads it.
//! - [`app`]: all that the player knows; [`message`]: what can happen to it; [`update`]: what it
//!   knows then.
//! - [`lesson`]: stopping for questions.
//! - [`what_if`]: values that can be changed, and what was changed.
//! - [`view`]: what the player knows -> a screen; [`snapshot`]: the same as plain text.
//! - [`event`]: the terminal -> messages; nothing else reads it. [`terminal`] sets it up and puts
//!   it back; [`session`] is the loop.

pub mod app;
pub mod event;
pub mod head;
pub mod ledger;
pub mod lesson;
pub mod log;
pub mod message;
pub mod names;
pub mod pages;
pub mod pods;
pub mod session;
pub mod snapshot;
pub mod take;
pub mod terminal;
pub mod theme;
pub mod update;
pub mod view;
pub mod what_if;
