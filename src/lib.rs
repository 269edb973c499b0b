//! Longshore: a desktop FTP client that shows and explains every reply.

pub mod ftp;
pub mod model;
