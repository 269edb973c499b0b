//! TLS on its control connection.

use std::sync::Arc;

use super::super::tls::Security;
use super::{Driver, Error, Input};

impl Driver {
    pub(super) async fn secure(&mut self) -> Input<'static> {
        match self.handshake().await {
            Ok(()) => {
                self.extend();
                Input::Secured
            }
            Err(error) => {
                self.scribe.note(error.to_string());
                self.task.fault = Some(error);
                Input::Closed
            }
        }
    }

    /// Ends TLS on the control connection; on data connections it stays.
    pub(super) async fn clear(&mut self) -> Input<'static> {
        match self.wire.end_tls().await {
            Ok(()) => {
                if let Some(tls) = &mut self.tls {
                    tls.control_clear = true;
                }
                Input::Cleared
            }
            Err(error) => {
                self.scribe.note(format!("The end of TLS on the control connection: {error}"));
                Input::Closed
            }
        }
    }

    pub(super) async fn handshake(&mut self) -> Result<(), Error> {
        let security = Security::new(&self.dial, self.identity.take()).await?;
        if self.dial.key_log {
            self.scribe.note(
                "WARNING: the secrets of this connection are written to the file that SSLKEYLOGFILE names: \
                 whoever reads it can read everything, the password too",
            );
        }
        let socket = self.wire.take_plain().ok_or_else(|| Error::closed(None))?;
        let stream = security.control(socket, self.dial.timeout).await?;
        let card = security.card(&stream);
        let by = if card.by_person { ", trusted by you" } else { "" };
        self.scribe.note(format!("{}, {}, certificate sha256 {}{by}", card.version, card.cipher, card.sha256));
        self.wire.put(stream);
        self.security = Some(Arc::new(security));
        self.tls = Some(card);
        Ok(())
    }
}
