//! How the reply log is shown: its columns, their widths and order, and how times are written. Kept between runs.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// What a person made of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogLayout {
    /// Columns that are not shown.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub hidden: BTreeSet<Column>,
    /// Widths of columns that were changed; of those that share what is left, their weight.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub widths: BTreeMap<Column, f32>,
    /// The order of the exchanges.
    pub order: Sort,
    /// How times are written.
    pub times: Times,
}

/// How times are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Times {
    /// The time of day.
    #[default]
    Clock,
    /// Since the first line.
    SinceStart,
    /// Since the row above.
    SinceAbove,
}

/// A column of the log's exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// The connection's number.
    Connection,
    /// When it began.
    Started,
    /// Verb and argument.
    Command,
    /// The final code.
    Code,
    /// The final reply.
    Reply,
    /// Until the first reply.
    Wait,
    /// Until the final reply.
    Duration,
    /// Bytes of its data connection.
    Bytes,
    /// Bytes a second.
    Rate,
    /// Its stages on a scale of time.
    Waterfall,
}

impl Column {
    /// All, in their order.
    pub const ALL: [Self; 10] = [
        Self::Connection,
        Self::Started,
        Self::Command,
        Self::Code,
        Self::Reply,
        Self::Wait,
        Self::Duration,
        Self::Bytes,
        Self::Rate,
        Self::Waterfall,
    ];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Connection => "#",
            Self::Started => "Started",
            Self::Command => "Command",
            Self::Code => "Code",
            Self::Reply => "Reply",
            Self::Wait => "Wait",
            Self::Duration => "Duration",
            Self::Bytes => "Bytes",
            Self::Rate => "Rate",
            Self::Waterfall => "Waterfall",
        }
    }
}

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort {
    /// By this.
    pub column: Column,
    /// Last first.
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self { column: Column::Started, descending: false }
    }
}

impl Sort {
    /// As they began: rows are added at the end only.
    pub fn is_natural(self) -> bool {
        matches!(self.column, Column::Started | Column::Waterfall) && !self.descending
    }
}
