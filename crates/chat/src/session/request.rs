//! One line being read, and the steps that come of it.

use teahouse_proto::irc::Message;
use teahouse_proto::numerics as n;

use super::{Answer, Entropy, Progress, Registration, Session, Step};
use crate::commands::services::Service;
use crate::commands::{self, Stage};
use crate::entry::Action;
use crate::find::Finding;
use crate::ids::hex;
use crate::info::ServerInfo;
use crate::query::Query;
use crate::reply::{Reply, Scope};
use crate::work::Work;

/// One line being read: what a command's `parse` works with.
pub(crate) struct Request<'a> {
    pub(crate) session: &'a mut Session,
    pub(crate) info: &'a ServerInfo,
    pub(crate) message: &'a Message<'a>,
    pub(super) scope: Scope,
    pub(super) entropy: Entropy,
    pub(super) steps: &'a mut Vec<Step>,
}

impl<'a> Request<'a> {
    /// The parameter at `index`, or the empty string.
    pub(crate) fn param(&self, index: usize) -> &'a str {
        self.message.params.get(index).unwrap_or_default()
    }

    pub(crate) fn reply(&mut self, reply: Reply) {
        self.reply_to(self.scope.clone(), reply);
    }

    /// Answers an earlier line.
    pub(crate) fn reply_to(&mut self, scope: Scope, reply: Reply) {
        self.steps.push(Step::Answer(Answer::Reply(scope, reply)));
    }

    /// What answers this line carries that.
    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(crate) fn answer(&mut self, answer: Answer) {
        self.steps.push(Step::Answer(answer));
    }

    pub(crate) fn submit(&mut self, action: Action) {
        self.submit_for(self.scope.clone(), action);
    }

    /// Submits what an earlier line has begun.
    pub(crate) fn submit_for(&mut self, scope: Scope, action: Action) {
        self.steps.push(Step::Submit(scope, action));
    }

    /// Asks the world; the session reads no further line until the answer is there.
    pub(crate) fn ask(&mut self, query: Query) {
        self.wait();
        self.steps.push(Step::Ask(self.scope.clone(), query));
    }

    /// Answers by a service.
    pub(crate) fn reply_by(&mut self, service: Service, reply: Reply) {
        self.reply_to(Scope::Service(service, Box::new(self.scope.clone())), reply);
    }

    /// Reads another line in this one's place; a service tells what it is answered with.
    pub(crate) fn read_by(&mut self, service: Service, line: &str) {
        let Ok(message) = Message::parse(line) else { return };
        let Some(command) = commands::find(message.command) else { return };
        let mut request = Request {
            session: &mut *self.session,
            info: self.info,
            message: &message,
            scope: Scope::Service(service, Box::new(self.scope.clone())),
            entropy: self.entropy,
            steps: &mut *self.steps,
        };
        match request.objection(command) {
            Some(reply) => request.reply(reply),
            None => (command.parse)(&mut request),
        }
    }

    /// Hands out work that a service tells the end of.
    pub(crate) fn work_by(&mut self, service: Service, work: Work) {
        self.wait();
        let scope = Scope::Service(service, Box::new(self.scope.clone()));
        self.steps.push(Step::Work(scope, Box::new(work)));
    }

    /// Hands out work; the session reads no further line until it is done. Nothing else answers this line.
    pub(crate) fn work(&mut self, work: Work) {
        self.wait();
        self.steps.push(Step::Work(self.scope.clone(), Box::new(work)));
    }

    /// Has a message looked up; the session reads no further line until that is done. Nothing else answers this line.
    pub(crate) fn find(&mut self, finding: Finding) {
        self.wait();
        self.steps.push(Step::Find(self.scope.clone(), Box::new(finding)));
    }

    /// The session reads no further line until all is there that this one is answered with.
    pub(crate) fn wait(&mut self) {
        self.session.waiting = true;
    }

    /// 128 random bits.
    pub(crate) fn entropy(&self) -> [u8; 16] {
        (self.entropy)()
    }

    /// 128 random bits in hexadecimal.
    pub(crate) fn fresh_token(&self) -> String {
        hex(&self.entropy())
    }

    /// The session's last line.
    pub(crate) fn close(&mut self, reason: &str) {
        self.session.over = true;
        self.answer(Answer::Close(self.scope.clone(), reason.into()));
    }

    /// What is collected until registration is complete; `None` after that.
    pub(crate) fn registration(&mut self) -> Option<&mut Registration> {
        match &mut self.session.progress {
            Progress::Registering(registration) => Some(registration),
            Progress::Registered => None,
        }
    }

    /// Why this command is not to be read here and now.
    pub(super) fn objection(&self, command: &commands::Command) -> Option<Reply> {
        match (&self.session.progress, command.stage) {
            (Progress::Registering(_), Stage::Registered) => {
                return Some(Reply::numeric(n::ERR_NOTREGISTERED, "You have not registered"));
            }
            (Progress::Registered, Stage::Registering) => {
                return Some(Reply::numeric(n::ERR_ALREADYREGISTERED, "You may not reregister"));
            }
            _ => {}
        }
        let missing = self.message.params.len() < command.params_min;
        missing.then(|| Reply::numeric(n::ERR_NEEDMOREPARAMS, "Not enough parameters").param(command.name))
    }
}
