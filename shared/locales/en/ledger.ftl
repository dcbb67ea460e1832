# Ledger definitions, values, findings, steps

ledger-yes = yes
ledger-no = no

## Fields of every record
ledger-common-on = Date
ledger-common-note = Note
ledger-common-by = Entered by
ledger-common-void = Void
ledger-common-void-reason = Why it is void
ledger-common-continues = Continues last year's record
ledger-common-attachment = Attachments

## Mistakes in a definition file
ledger-toml = Line { $line }, column { $column }: not valid TOML: { $detail }
    .next = Mend this line, then run huxue-hub ledger check again.
ledger-too-large = The definition is too large; at most { $max } bytes.
    .next = Take out what is not needed, or split it into several ledgers.
ledger-key-unknown = Line { $line }: unknown key "{ $key }"; known here: { $expected }.
    .next = Check the spelling, or delete the line.
ledger-key-missing = Line { $line }: "{ $key }" is required and absent.
    .next = Add "{ $key } = …"; see docs/ledger-format.md.
ledger-kind-wrong = Line { $line }: "{ $key }" must be { $expected }, not { $found }.
    .next = Write it as docs/ledger-format.md shows.
ledger-language-missing = Line { $line }: "{ $key }" has no { $language } text; Chinese (zh) and English (en) are both required.
    .next = Write { "{" } zh = "…", en = "…" { "}" }.
ledger-word-unknown = Line { $line }: "{ $key }" cannot be "{ $value }"; possible: { $expected }.
    .next = Choose one of the words listed.
ledger-code-malformed = Line { $line }: "{ $value }" is not a code: lower-case letters, digits and underscores, a field begins with a letter, not too long.
    .next = Choose another code.
ledger-code-reserved = Line { $line }: "{ $value }" is a name of the program's own.
    .next = Choose another code; date, note, author and void stand on every record and are not declared.
ledger-code-duplicate = Line { $line }: the code "{ $value }" stands already on line { $first }.
    .next = Give one of them another code.
ledger-number-range = Line { $line }: "{ $key }" must be from { $min } to { $max }.
    .next = Write a whole number in that range.
ledger-profile-other = Line { $line }: only the ledger enrolment may be a profile.
    .next = Write form = "records".
ledger-profile-part = Line { $line }: a profile cannot have "{ $key }".
    .next = Take it out, or write form = "records".
ledger-space-wrong = Line { $line }: space cannot be "{ $space }": county ledgers use published, county_school or internal, the others school.
    .next = Mend space or subject.
ledger-options-missing = Line { $line }: the field "{ $field }" is a choice without options.
    .next = Add options = "name of a list".
ledger-options-unknown = Line { $line }: no option list "{ $list }"; this file has: { $expected }.
    .next = Check the spelling, or add [options.{ $list }].
ledger-options-empty = Line { $line }: the option list "{ $list }" is empty.
    .next = Add at least one option.
ledger-key-misplaced = Line { $line }: a field of type { $type } cannot have "{ $key }".
    .next = Delete the line, or change the type.
ledger-ref-missing = Line { $line }: the field "{ $field }" refers to a record but names no ledger.
    .next = Add ref = "code of a ledger".
ledger-bounds-crossed = Line { $line }: min is above max.
    .next = Mend one of the two.
ledger-date-malformed = Line { $line }: "{ $value }" is not a date.
    .next = Write it like "2025-09-01".
ledger-pattern-malformed = Line { $line }: the pattern "{ $value }" cannot be used: { $detail }
    .next = Use literals, [classes], counts in braces, ? * + ^ $ only.
ledger-default-unreadable = Line { $line }: the default "{ $value }" is no value of this field.
    .next = Mend it; for a choice use an option's code.
ledger-required-malformed = Line { $line }: required cannot be "{ $value }"; it is no, yes, step <step code>, or when <condition>.
    .next = Use one of these four forms.
ledger-copy-malformed = Line { $line }: copy_of is "<ledger>.<field>", not "{ $value }".
    .next = For example copy_of = "enrolment.boarding".
ledger-step-unknown = Line { $line }: no step "{ $step }"; this ledger has: { $expected }.
    .next = Check the spelling, or add the step.
ledger-field-unknown = Line { $line }: no field "{ $field }".
    .next = Check the spelling, or add the field.
ledger-state-unknown = Line { $line }: no state "{ $state }"; this ledger has: { $expected }.
    .next = Check the spelling, or add the state.
ledger-usual-broken = Line { $line }: in `usual` no step leads from "{ $before }" to "{ $state }".
    .next = Write `usual` in the order the steps lead, or add the step that is missing.
ledger-state-unreachable = Line { $line }: no step leads to the state "{ $state }".
    .next = Add a step that leads there, or take the state out.
ledger-condition-malformed = Line { $line }: the condition cannot be read at character { $at }; expected: { $expected }.
    .next = See "Conditions" in docs/ledger-format.md.
ledger-condition-long = Line { $line }: the condition is too long or too deep; at most { $max } characters and 16 brackets.
    .next = Split it into several checks.
ledger-condition-value = Line { $line }: "{ $value }" is no value of the field "{ $field }".
    .next = Check the option's code, or how it is written.
ledger-condition-ambiguous = Line { $line }: "{ $value }" is an option and also a field.
    .next = Quote it to mean the option: '{ $value }'.
ledger-condition-has = Line { $line }: has and shares are for flags fields; "{ $field }" is none.
    .next = Use = or in.
ledger-parent-not-ref = Line { $line }: the field "{ $field }" that parent or basis names is not of type ref.
    .next = Make it a ref, or name another field.
ledger-substitute-unknown = Line { $line }: unknown "{ $value }"; known: { $expected }.
    .next = Use a name listed, or a fixed value.
ledger-rule-value = Line { $line }: in the rule, the field "{ $field }" cannot be { $value }.
    .next = Use a value the field can have.
ledger-ledger-unknown = Line { $line }: no ledger "{ $ledger }".
    .next = Check the spelling, or publish that ledger first.
ledger-other-list-unknown = Line { $line }: the ledger "{ $ledger }" has no option list "{ $list }"; it has: { $expected }.
    .next = Check the spelling.
ledger-other-field-unknown = Line { $line }: the ledger "{ $ledger }" has no field "{ $field }".
    .next = Check the spelling.
ledger-copy-type = Line { $line }: the copied field "{ $field }" is of type { $type }, this one is not.
    .next = Give both the same type.
ledger-version-not-raised = Line { $line }: the version is not above the published one, { $old }.
    .next = Set version above { $old }.
ledger-head-changed = Line { $line }: "{ $key }" cannot change; it must stay "{ $old }".
    .next = Change it back; a different ledger needs a code of its own.
ledger-field-removed = Line { $line }: the field "{ $field }" cannot be taken out; older records hold it.
    .next = Put it back; required = "no" if it need not be filled any more.
ledger-field-retyped = Line { $line }: the type of "{ $field }" cannot change; it must stay { $old }.
    .next = Change it back, or add a new field.
ledger-option-removed = Line { $line }: the option "{ $option }" of "{ $list }" cannot be taken out; older records hold it.
    .next = Put it back.
ledger-state-removed = Line { $line }: the state "{ $state }" cannot be taken out; older records may be in it.
    .next = Put it back.
ledger-step-removed = Line { $line }: the step "{ $step }" cannot be taken out; older records hold it.
    .next = Put it back.

## Values
ledger-value-field = No field "{ $field }".
    .next = See its fields with `{ $program } ledger show LEDGER`.
ledger-value-derived = "{ $title_en }" is filled by the program.
    .next = Leave it out.
ledger-value-number = "{ $title_en }" must be a number, not "{ $text }".
    .next = Write digits only, for example 12.
ledger-value-decimals = "{ $title_en }" has at most { $places } decimals, not "{ $text }".
    .next = Round it.
ledger-value-small = "{ $title_en }" cannot be below { $min }; it is "{ $text }".
    .next = Check and mend it.
ledger-value-large = "{ $title_en }" cannot be above { $max }; it is "{ $text }".
    .next = Check and mend it.
ledger-value-bool = "{ $title_en }" is yes or no, not "{ $text }".
    .next = Write yes or no.
ledger-value-date = "{ $title_en }" must be a date; "{ $text }" is none.
    .next = Write 2025-09-01, 2025/9/1, 2025年9月1日 or 20250901.
ledger-value-date-year = "{ $title_en }" says "{ $text }", a date without its year.
    .next = Write the year too, like 2025-09-01 or 2025年9月1日.
ledger-value-month = "{ $title_en }" must be a month; "{ $text }" is none.
    .next = Write 2025-09 or 2025年9月.
ledger-value-time = "{ $title_en }" must be a time of day; "{ $text }" is none.
    .next = Write it like 08:30.
ledger-value-option = "{ $title_en }" has no option "{ $text }"; possible: { $titles_en }.
    .next = Choose one of those listed; `{ $program } ledger show LEDGER` lists them all with their codes, which will do as well.
ledger-value-length = "{ $title_en }" has { $length } characters, at most { $max }.
    .next = Shorten it; details can stand in the note.
ledger-value-pattern = "{ $title_en }" is not written as it should be: "{ $text }" does not match { $pattern }.
    .next = Write it in the form asked for.
ledger-value-idno-shape = "{ $title_en }" is not an identity number: 17 digits and a check character.
    .next = Compare with the household book or card.
ledger-value-idno-birth = "{ $title_en }" is wrong: digits 7 to 14 are not a date of birth.
    .next = Compare with the household book or card.
ledger-value-idno-checksum = "{ $title_en }" is wrong: the check character does not fit, so a digit was probably miscopied.
    .next = Compare digit by digit with the household book or card.
ledger-value-document-number = "{ $title_en }" must be a document number: letters, digits, brackets and dashes, 4 to 30 of them.
    .next = Compare with the document.
ledger-value-phone = "{ $title_en }" is not a telephone number: "{ $text }".
    .next = Write 11 digits for a mobile, or a landline with its area code, like 0870-1234567.
ledger-value-ref = "{ $title_en }" must be the key of a record of "{ $ledger }"; "{ $text }" is none, or is several.
    .next = Copy its id from `{ $program } record list { $ledger }`.
ledger-value-file = "{ $title_en }" is not an attachment.
    .next = Attachments cannot be kept yet: leave it empty.
ledger-value-kind = "{ $title_en }" holds a value of another type.
    .next = Enter it again.

## Findings
ledger-finding-missing = "{ $title_en }" is not filled in.
    .next = Fill it in.
ledger-finding-no-date = The date is missing.
    .next = Enter the day it happened.
ledger-finding-check = { $message_en }
    .next = Check and mend it.
ledger-finding-unknown-field = The field "{ $field }" is not known to this version; it is kept as it is.
    .next = Nothing to do; it shows once the definition is updated.
ledger-finding-unknown-option = "{ $title_en }" has an option this version does not know; it is kept as it is.
    .next = Check the spelling; a new option shows once the definition is updated.
ledger-finding-note-missing = "Other" was chosen, but "{ $title_en }" is empty.
    .next = Say what it is.
ledger-finding-wrong-kind = "{ $title_en }" holds a value of another type; it is kept, and not counted.
    .next = Enter it again.
ledger-finding-void-reason = The record is void without a reason.
    .next = Say why.

## Steps
ledger-step-no-lifecycle = The ledger "{ $ledger }" has no steps.
    .next = Change the record with `{ $program } record set RECORD --set FIELD=VALUE`.
ledger-step-no-such = No step "{ $step }"; this ledger has: { $names_en }.
    .next = Run `{ $program } record step RECORD STEP` with one of those listed.
ledger-step-not-from-here = The state is "{ $state_en }"; "{ $step_en }" cannot be taken from it. Possible: { $names_en }.
    .next = Run `{ $program } record step RECORD STEP` with one of those listed.
ledger-step-none-from-here = The state is "{ $state_en }"; "{ $step_en }" cannot be taken from it, and no step is yours to take.
    .next = Wait for the other side, or it is settled; see `{ $program } record show RECORD`.
ledger-step-schools = "{ $step_en }" is taken by the school.
    .next = Have the school run `huxue-node record step RECORD STEP`.
ledger-step-countys = "{ $step_en }" is taken by the county.
    .next = The county takes it with `huxue-hub record step`; run `{ $program } sync now` to see the result.
ledger-step-others = "{ $step_en }" is for the other school.
    .next = Nothing to do: the county passes this on to that school and writes its answer down here.
ledger-step-missing = Before "{ $step_en }", fill in: { $names_en }.
    .next = Fill them along with it: `{ $program } record step RECORD STEP --set FIELD=VALUE`.
ledger-step-early = "{ $step_en }" can be taken from { $earliest } on; the prescribed days are not over.
    .next = Take it on { $earliest } or later.
ledger-step-forked = Two sides disagree about the state; choose first: { $names_en }.
    .next = Look at both with `{ $program } record show RECORD`, then run `{ $program } record step RECORD resolve --to STATE`.
ledger-step-not-forked = Nobody disagrees about this record's state.
    .next = Take the next step.
ledger-step-not-a-tip = Only a state in dispute can be chosen: { $names_en }.
    .next = Run `{ $program } record step RECORD resolve --to` one of those listed.
ledger-step-not-yet-judged = The definition this record was written under is not here yet.
    .next = Sync with the county first: `huxue-node sync now`.

## Why a step has no effect
ledger-void-authority = void: its writer may not take this step
ledger-void-follows-void = void: it follows a step without effect; take it again
ledger-void-follows-unjudged = void: it follows a step that cannot be judged yet
ledger-void-follows-missing = void: the step before it is not there
ledger-void-unknown-step = void: that version of the ledger has no such step
ledger-void-wrong-state = void: it cannot be taken from the state of that moment
ledger-void-follows-fork = void: it went on without resolving a disagreement
ledger-void-bad-resolve = void: nothing to resolve, or a state that no side has
ledger-void-overruled = void: the disagreement was resolved for the other side
ledger-void-too-many = void: the record has too many steps

# Public notices.
ledger-notice-short = The notice { $title_en } from { $from } to { $until } hangs { $count ->
    [one] 1 working day
   *[other] { $count } working days
}; at least { $days } are due (weekends and holidays do not count): let it end on { $earliest } at the earliest.
    .next = Let it end on { $earliest } or later.
