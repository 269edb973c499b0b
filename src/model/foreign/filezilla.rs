//! FileZilla's log file (`2026-11-29 09:33:45 11705 1 Response: 220 hello`: date, time, process, engine), and lines copied
//! from its window (`Response:`, a tab, `220 hello`, with or without a time in front), in the languages that are used most.

use super::{Told, When, moment, time};
use crate::model::transcript::Direction;

const SENT: &[&str] = &[
    "Command",
    "Befehl",
    "Commande",
    "Comando",
    "Orden",
    "Opdracht",
    "Commando",
    "Polecenie",
    "Команда",
    "コマンド",
    "命令",
    "指令",
    "Příkaz",
    "Kommando",
    "Komut",
    "Parancs",
    "Komento",
    "Comandă",
    "Εντολή",
    "명령",
];
const RECEIVED: &[&str] = &[
    "Response",
    "Antwort",
    "Réponse",
    "Respuesta",
    "Risposta",
    "Resposta",
    "Antwoord",
    "Odpowiedź",
    "Ответ",
    "Відповідь",
    "レスポンス",
    "応答",
    "响应",
    "回應",
    "Odpověď",
    "Svar",
    "Yanıt",
    "Válasz",
    "Vastaus",
    "Răspuns",
    "Απάντηση",
    "응답",
];
const NOTES: &[&str] = &[
    "Status",
    "Statut",
    "Estado",
    "Stato",
    "Stan",
    "Статус",
    "状態",
    "状态",
    "狀態",
    "Stav",
    "Durum",
    "Állapot",
    "Tila",
    "Stare",
    "Κατάσταση",
    "상태",
    "Error",
    "Fehler",
    "Erreur",
    "Errore",
    "Erro",
    "Fout",
    "Błąd",
    "Ошибка",
    "Помилка",
    "エラー",
    "错误",
    "錯誤",
    "Chyba",
    "Fel",
    "Fejl",
    "Feil",
    "Hata",
    "Hiba",
    "Virhe",
    "Eroare",
    "Σφάλμα",
    "오류",
    "Trace",
    "Listing",
];
/// The notes that say that something went wrong keep their word.
const ERRORS: &[&str] = &["Error", "Fehler", "Erreur", "Errore", "Erro", "Fout", "Błąd", "Ошибка", "エラー", "错误"];

pub(super) fn parse(line: &str) -> Option<Told<'_>> {
    let (lane, when, rest) = head(line);
    let (prefix, text) = rest.split_once(':')?;
    // French and some others set a blank before the colon.
    let prefix = prefix.trim_end_matches([' ', '\u{a0}', '\u{202f}']);
    let direction = if SENT.contains(&prefix) {
        Direction::Sent
    } else if RECEIVED.contains(&prefix) {
        Direction::Received
    } else if NOTES.contains(&prefix) {
        Direction::Note
    } else {
        return None;
    };
    let text = text.strip_prefix([' ', '\t'])?;
    let begins = direction == Direction::Note && text.starts_with("Connecting to ");
    let text = if ERRORS.contains(&prefix) { rest } else { text };
    Some(Told { lane, when, direction, text, begins })
}

/// The process and engine, the time, and what stands behind them.
fn head(line: &str) -> (&str, When, &str) {
    let Some((moment, rest)) = moment(line) else {
        return match time(line) {
            Some((time, rest)) => ("", When::Time(time), rest),
            None => ("", When::Unsaid, line),
        };
    };
    let number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let mut words = rest.splitn(3, ' ');
    match (words.next(), words.next(), words.next()) {
        (Some(process), Some(engine), Some(text)) if number(process) && number(engine) => {
            (&rest[..process.len() + 1 + engine.len()], When::Moment(moment), text)
        }
        _ => ("", When::Moment(moment), rest),
    }
}
