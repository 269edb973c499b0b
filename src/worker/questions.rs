//! Questions under way: asked once however many tasks wait for the answer, withdrawn when none does any more.

use std::collections::BTreeMap;

use tokio::sync::oneshot;

use crate::model::{Answer, Ask, Question, QuestionId, TabId};

/// Questions that wait at once; what is asked beyond that counts as refused.
const MOST: usize = 256;

/// What a task asks.
#[derive(Debug)]
pub(super) struct Asked {
    /// The tab it belongs to; `None` for the queue.
    pub(super) tab: Option<TabId>,
    /// What is asked.
    pub(super) ask: Ask,
    /// Where the answer goes. Dropping the other end withdraws the question.
    pub(super) reply: oneshot::Sender<Answer>,
}

/// What became of a question that was put.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Put {
    /// It is new: show it, and watch until nobody waits for it.
    New(Question),
    /// The same is asked already.
    Joined(QuestionId),
    /// It was refused at once.
    Refused,
}

struct Pending {
    ask: Ask,
    waiting: Vec<oneshot::Sender<Answer>>,
}

/// All questions that are not answered.
#[derive(Default)]
pub(super) struct Questions {
    pending: BTreeMap<QuestionId, Pending>,
    last: u64,
    /// Nobody is there to answer.
    unattended: bool,
}

impl Questions {
    /// Of a run in which nobody may be there to answer.
    pub(super) fn new(unattended: bool) -> Self {
        Self { unattended, ..Self::default() }
    }

    /// Puts a question, or joins one that asks the same.
    pub(super) fn put(&mut self, asked: Asked) -> Put {
        if self.unattended || self.pending.len() >= MOST {
            let _ = asked.reply.send(Answer::Refuse);
            return Put::Refused;
        }
        if let Some((id, pending)) = self.pending.iter_mut().find(|(_, pending)| is_same(&pending.ask, &asked.ask)) {
            pending.waiting.push(asked.reply);
            return Put::Joined(*id);
        }
        self.last += 1;
        let id = QuestionId(self.last);
        self.pending.insert(id, Pending { ask: asked.ask.clone(), waiting: vec![asked.reply] });
        Put::New(Question { id, tab: asked.tab, ask: asked.ask })
    }

    /// Hands `answer` to all who wait for `id`, and gives back what was asked.
    pub(super) fn answer(&mut self, id: QuestionId, answer: &Answer) -> Option<Ask> {
        let pending = self.pending.remove(&id)?;
        for reply in pending.waiting {
            let _ = reply.send(answer.clone());
        }
        Some(pending.ask)
    }

    /// Answers all file questions for which `choose` has an answer now, and gives back their ids.
    pub(super) fn answer_all(&mut self, choose: impl Fn(&Ask) -> Option<Answer>) -> Vec<QuestionId> {
        let decided: Vec<_> =
            self.pending.iter().filter_map(|(id, pending)| Some((*id, choose(&pending.ask)?))).collect();
        for (id, answer) in &decided {
            self.answer(*id, answer);
        }
        decided.into_iter().map(|(id, _)| id).collect()
    }

    /// Removes the questions that nobody waits for any more.
    pub(super) fn withdraw(&mut self) -> Vec<QuestionId> {
        let mut gone = Vec::new();
        self.pending.retain(|id, pending| {
            pending.waiting.retain(|reply| !reply.is_closed());
            if pending.waiting.is_empty() {
                gone.push(*id);
            }
            !pending.waiting.is_empty()
        });
        gone
    }
}

/// Whether one answer holds for both. Each file has its own.
fn is_same(one: &Ask, other: &Ask) -> bool {
    match (one, other) {
        (Ask::Certificate(one), Ask::Certificate(other)) => {
            one.host == other.host && one.port == other.port && fingerprint(&one.chain) == fingerprint(&other.chain)
        }
        (Ask::Password { host, user, .. }, Ask::Password { host: other_host, user: other_user, .. }) => {
            host == other_host && user == other_user
        }
        (Ask::Secret { of, .. }, Ask::Secret { of: other, .. }) => of == other,
        _ => false,
    }
}

fn fingerprint(chain: &[crate::model::question::Certificate]) -> Option<&str> {
    chain.first().map(|certificate| certificate.sha256.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secret;

    fn password(user: &str) -> (Asked, oneshot::Receiver<Answer>) {
        let (reply, answer) = oneshot::channel();
        (Asked { tab: None, ask: Ask::Password { host: "h".into(), user: user.into(), refused: None }, reply }, answer)
    }

    #[test]
    fn the_same_is_asked_once_and_answered_to_all() {
        let mut questions = Questions::default();
        let ((first, mut one), (second, mut two), (other, _three)) = (password("a"), password("a"), password("b"));
        let Put::New(question) = questions.put(first) else { panic!() };
        assert_eq!(questions.put(second), Put::Joined(question.id));
        assert!(matches!(questions.put(other), Put::New(_)));
        let answer = Answer::Password { password: Secret::new("x"), remember: false };
        assert!(questions.answer(question.id, &answer).is_some());
        assert_eq!((one.try_recv().unwrap(), two.try_recv().unwrap()), (answer.clone(), answer.clone()));
        assert!(questions.answer(question.id, &answer).is_none(), "one answer ends it");
    }

    #[test]
    fn a_question_is_withdrawn_when_the_last_who_waits_has_left() {
        let mut questions = Questions::default();
        let ((first, one), (second, two)) = (password("a"), password("a"));
        let Put::New(question) = questions.put(first) else { panic!() };
        questions.put(second);
        drop(one);
        assert_eq!(questions.withdraw(), []);
        drop(two);
        assert_eq!(questions.withdraw(), [question.id]);
        assert!(questions.pending.is_empty());
    }

    #[test]
    fn nobody_there_means_no() {
        let mut questions = Questions::new(true);
        let (asked, mut answer) = password("a");
        assert_eq!(questions.put(asked), Put::Refused);
        assert_eq!(answer.try_recv().unwrap(), Answer::Refuse);
    }
}
