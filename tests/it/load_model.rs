//! The load model against closed forms, theory and recordings.

mod loads;
mod traces;
