//! One's account: another password, or the end of it. For both the current password is asked.

use eframe::egui::{Frame, Id, Key, Label, Modal, Response, RichText, Separator, Ui};

use super::{ClientAction, Scene};
use crate::{
    client_window::{
        form::{AccountFields, ClientForm},
        state::{ClientState, Link, Owning},
        words,
    },
    parts,
    theme::{MARGIN, Palette},
};

/// How wide the question is, in points.
const WIDTH: f32 = 400.0;

/// Whether the account can be changed now.
fn is_possible(state: &ClientState) -> bool {
    state.link == Link::Online && state.account.is_some()
}

/// The way there, beside one's name.
pub(super) fn offer(ui: &mut Ui, scene: &Scene<'_>, form: &mut ClientForm) {
    if is_possible(scene.state) && parts::quiet(ui, &scene.texts.say("your-account")).clicked() {
        form.account = Some(AccountFields { ask: true, ..AccountFields::default() });
    }
}

pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, form: &mut ClientForm, actions: &mut Vec<ClientAction>) {
    let is_overheard = form.is_overheard();
    let Some(fields) = &mut form.account else { return };
    let name = scene.state.account.as_deref().filter(|_| is_possible(scene.state));
    // What was typed is asked again rather than kept while there is no connection.
    let Some(name) = name else { return form.account = None };
    let frame = Frame::popup(ui.style()).inner_margin(MARGIN);
    let asked = Modal::new(Id::unique("account")).frame(frame).show(ui.ctx(), |ui| {
        ui.set_width(WIDTH);
        ui.spacing_mut().item_spacing.y = 10.0;
        if fields.ends {
            end(ui, scene, fields, name, actions)
        } else {
            account(ui, scene, fields, is_overheard, actions)
        }
    });
    if asked.inner || asked.should_close() {
        form.account = None;
    }
}

/// The password, and the way to the end; whether the person is done.
fn account(
    ui: &mut Ui,
    scene: &Scene<'_>,
    fields: &mut AccountFields,
    is_overheard: bool,
    actions: &mut Vec<ClientAction>,
) -> bool {
    let texts = scene.texts;
    let is_asked = scene.state.owning == Owning::Asked;
    ui.label(RichText::new(texts.say("change-password")).heading());
    let mut entered = current(ui, scene, fields);
    let next = password(ui, fields.are_shown, &texts.say("next-password"), &mut fields.new);
    entered |= is_entered(ui, &next);
    small(ui, texts.say("password-rule"));
    if is_overheard {
        small(ui, texts.say("not-private"));
    }
    ui.checkbox(&mut fields.are_shown, texts.say("show-password"));
    outcome(ui, scene, fields);
    let mut is_done = false;
    parts::from_the_right(ui, |ui| {
        let complete = !fields.current.is_empty() && !fields.new.is_empty() && !is_asked;
        if parts::primary(ui, complete, &texts.say("save")).clicked() || (entered && complete) {
            let (current, new) = (fields.current.clone(), fields.new.clone());
            actions.push(ClientAction::ChangePassword { current, new });
            fields.was_asked = true;
        }
        is_done = ui.button(texts.say("cancel")).clicked();
    });
    ui.add(Separator::default().spacing(4.0));
    if parts::quiet(ui, &format!("{}…", texts.say("end-account"))).clicked() && !is_asked {
        *fields = AccountFields { ends: true, ask: true, ..AccountFields::default() };
    }
    is_done
}

/// Whether it is really to end; whether the person is done.
fn end(
    ui: &mut Ui,
    scene: &Scene<'_>,
    fields: &mut AccountFields,
    name: &str,
    actions: &mut Vec<ClientAction>,
) -> bool {
    let texts = scene.texts;
    let is_asked = scene.state.owning == Owning::Asked;
    ui.label(RichText::new(texts.say("end-account")).heading());
    ui.add(Label::new(texts.with("end-account-explained", &[("name", name)])).wrap());
    // Enter alone ends nothing.
    current(ui, scene, fields);
    outcome(ui, scene, fields);
    let mut is_done = false;
    parts::from_the_right(ui, |ui| {
        let complete = !fields.current.is_empty() && !is_asked;
        if parts::grave(ui, complete, &texts.say("end-account-go")).clicked() {
            actions.push(ClientAction::EndAccount { current: fields.current.clone() });
            fields.was_asked = true;
        }
        is_done = ui.button(texts.say("cancel")).clicked();
    });
    is_done
}

/// The current password, which is asked first; whether Enter was pressed in it.
fn current(ui: &mut Ui, scene: &Scene<'_>, fields: &mut AccountFields) -> bool {
    let field = password(ui, fields.are_shown, &scene.texts.say("current-password"), &mut fields.current);
    parts::lead_keys(&mut fields.ask, &field);
    is_entered(ui, &field)
}

fn password(ui: &mut Ui, is_shown: bool, label: &str, text: &mut String) -> Response {
    let line = parts::edit(text).password(!is_shown).desired_width(f32::INFINITY);
    parts::labelled(ui, label, line)
}

/// Whether Enter was pressed in it.
fn is_entered(ui: &Ui, field: &Response) -> bool {
    field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
}

fn small(ui: &mut Ui, words: String) {
    let words = RichText::new(words).small().color(Palette::of(ui).weak);
    ui.add(Label::new(words).wrap());
}

/// What came of it, if it was not done.
fn outcome(ui: &mut Ui, scene: &Scene<'_>, fields: &AccountFields) {
    match &scene.state.owning {
        Owning::Refused(_) if !fields.was_asked => {}
        Owning::Idle => {}
        Owning::Asked => small(ui, scene.texts.say("one-moment")),
        Owning::Refused(refusal) => parts::problem(ui, &words::refused(refusal, scene.texts)),
    }
}
