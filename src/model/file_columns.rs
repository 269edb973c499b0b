//! Which columns the panes show of files, and how wide. Kept between runs.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// What a person made of the columns of one side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileColumns {
    /// Columns that are not shown.
    pub hidden: BTreeSet<Column>,
    /// Widths of those that were changed, in points.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub widths: BTreeMap<Column, f32>,
}

impl FileColumns {
    /// Of files of this machine, at first.
    pub fn local() -> Self {
        Self { hidden: [Column::Permissions, Column::Owner, Column::Group].into(), ..Self::default() }
    }

    /// Of files of a server, at first.
    pub fn remote() -> Self {
        Self { hidden: [Column::Owner, Column::Group].into(), ..Self::default() }
    }
}

/// A column of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// Name.
    Name,
    /// Size.
    Size,
    /// Time of modification.
    Modified,
    /// Permissions.
    Permissions,
    /// Owner.
    Owner,
    /// Group.
    Group,
}

impl Column {
    /// All, in their order.
    pub const ALL: [Self; 6] = [Self::Name, Self::Size, Self::Modified, Self::Permissions, Self::Owner, Self::Group];

    /// What its header says.
    pub fn title(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Size => "Size",
            Self::Modified => "Modified",
            Self::Permissions => "Permissions",
            Self::Owner => "Owner",
            Self::Group => "Group",
        }
    }
}
