internal = Internal error: { $detail }
    .next = Report this sentence and the huxue version to the county's administrator; no record was lost.
blob-empty = The file is empty.
    .next = Choose the file again; if it is a photograph, look at it on the phone first.
blob-large = The file is too large: one file may have { $mib } MB.
    .next = Take the photograph at a lower resolution, or scan in grey; the bound is shown by blob limits.
blob-type = Only photographs (JPEG, PNG, WebP) and scans (PDF) are kept.
    .next = Save it as JPEG or PDF and attach that.
blob-damaged = The file is damaged or cut short.
    .next = Copy it once more from the phone or scanner, then attach it again.
blob-pixels = The picture has more than { $most } million pixels.
    .next = Take it at an ordinary resolution, then attach it again.
blob-quota = The files of this school take all of the { $mib } MiB they may.
    .next = Ask the county; it may allow more: blob limits --quota-mib.
blob-limit = A file may have 1 to { $most } MiB, a school's files 1 to 1048576 MiB.
    .next = Choose sizes within that.
blob-field = The field { $field } takes no file; those that do: { $list }.
    .next = Name one of them after --field.
blob-none = No record names a file whose hash begins with { $hash }.
    .next = See the hashes with blob list.
blob-several = { $count } files begin with { $hash }.
    .next = Give more of the hash.
blob-not-here = The file { $hash } is not on this machine yet; it has been asked for.
    .next = Run it again after the next contact with the county; see blob list.
blob-no-thumbnail = There is no small picture of { $hash } here.
    .next = Scans have none; otherwise try again after the next contact.
blob-unreadable = The file { $hash } cannot be read: { $detail }
    .next = Run verify; if it is damaged, fetch it from the county or from a backup.
blob-disk = The file could not be stored: { $detail }
    .next = Check space and permissions and try again; no record was changed.
already-initialised = There is a hub in { $path } already.
    .next = Run `{ $program } serve`, or choose an empty directory.
clock-absurd = This machine's date is { $today }; no school year can be told from it.
    .next = Set the system date (`timedatectl set-time`), or name the year with --year.
conflict-choice = "{ $choice }" is not one of: { $list }.
    .next = Run `{ $program } conflicts resolve ID --choose ONE-OF-THEM`.
conflict-none = There is no item { $id } in the inbox.
    .next = See the ids with `{ $program } conflicts list`.
conflict-choose-each = These fields are chosen together, and “{ $field }” has several values.
    .next = Name one for each: { $program } conflicts resolve { $id } --choose { $field }=VALUE …
conflict-several = { $count ->
    [one] 1 item begins
   *[other] { $count } items begin
} with { $id }.
    .next = Give more of the id, as `{ $program } conflicts list` shows it.
county-code = "{ $code }" is no county code of 6 digits.
    .next = Run `{ $program } init --county SIX-DIGITS --name NAME` with the GB/T 2260 code.
county-name-missing = The county has no name.
    .next = Run `{ $program } init --county CODE --name NAME`.
daemon-running = Another huxue process uses { $path }.
    .next = Stop it first (`systemctl stop huxue-hub` or `huxue-node`), then run this command again.
daemon-silent = The daemon of { $path } does not answer: { $detail }
    .next = Try again shortly; if it persists, `systemctl restart huxue-hub` or `huxue-node`.
data-missing = No data directory was named.
    .next = Add --data DIR (`{ $program } --data DIR status`), or set HUXUE_DATA.
db-key-missing = The database key { $path } cannot be read: { $detail }
    .next = Put the key file back, or say where it is: `{ $program } --db-key-file FILE status`.
db-key-shape = { $path } holds no database key (64 hex digits).
    .next = Name the original key file, do not make a new one: `{ $program } --db-key-file FILE status`.
dir-unwritable = { $path } cannot be written: { $detail }
    .next = Check space and permissions with `df -h` and `ls -ld`, then try again; nothing saved was lost.
document-closed = { $name } moved to { $to }; the document here is closed since { $on } and can only be read.
    .next = Write it at the school the child is at now; what is this school's own business goes through the county.
enrol-already = This node is enrolled for school { $school } already.
    .next = For another school run `huxue-node --data EMPTY-DIRECTORY enrol --hub ADDRESS --token TOKEN`.
enrol-first = { $path } is not enrolled yet.
    .next = Run `{ $program } enrol --hub ADDRESS --token TOKEN`.
field-not-yours = Field "{ $field }" belongs to the other side.
    .next = Have its owner (county or school) fill it; `{ $program } ledger show LEDGER` says whose each field is.
file-large = { $path } is too large: { $mib } MB at most.
    .next = Delete pictures and sheets that are not needed and save it as .xlsx or .csv; many children can be split into a file for each grade.
file-unreadable = { $path } cannot be read: { $detail }
    .next = Check its name and permissions with `ls -l { $path }`.
file-unwritable = { $path } cannot be written: { $detail }
    .next = Name another place with --out.
handover-child = Which child at { $school } it is cannot be told. Of that name there: { $list }
    .next = If it is one of them, at the county: `huxue-hub record set { $record } --set other_child=ID`, then this step again; else ask that school.
handover-elsewhere = The record lies neither at the school left ({ $from }) nor at the school entered ({ $to }).
    .next = Correct the schools of { $record }, or void it and ask again at one of them.
handover-none = Nothing of this edit to the document { $student } can be sent on: its ledger does not travel, or no school of the county took the child.
    .next = Use --choose keep: it stays in the old document.
hours-absurd = { $hours } hours is no life for a token: 1 to { $max }.
    .next = Run `{ $program } enrol issue --school CODE --hours HOURS`.
http-bind = { $address } cannot be listened on: { $detail }
    .next = Run `{ $program } serve --listen-http 127.0.0.1:ANOTHER-PORT`.
hub-address = "{ $text }" is no hub address: a host name or an IP address is expected.
    .next = Run `{ $program } enrol --hub HOST --token TOKEN`.
hub-file-damaged = The hub's file { $path } is damaged: { $detail }
    .next = Restore it from a backup (`cp BACKUP/hub.json { $path }`); do not run init again.
hub-only = Only the county's hub can do this.
    .next = Run the command of huxue-hub there.
import-cell-unreadable = The cell of "{ $field }" cannot be read (a formula without value, an error, or too long).
    .next = Paste values over formulas in Excel or WPS and import again.
import-none = There is no import { $batch }.
    .next = Its id stands in the import's answer as batch: `{ $program } import undo BATCH`.
import-row-other-name = The identity number is on file under "{ $other }"; the file says "{ $name }".
    .next = If renamed, correct the name in the child's file first, then import again; if another child, check the number.
import-row-child-twice = This row and row { $row } fit the same child; this one was not taken.
    .next = If they are two children, fill in the identity number of each; if one, leave a single row.
import-row-corrected-before = Given back before, corrected and taken since: nothing is left to do about this row.
import-row-void = This record is void and is changed no more.
    .next = Leave the row alone; to enter it anew, empty its record id and import again.
import-row-class-other = The row says { $name } of { $class }; at this school { $name } is in { $there }.
    .next = Check whether it is the same child, correct class or name, and import again.
import-column-slipped = The column "{ $title }" looks as if it was sorted alone: its { $count } rows hold the same values as before, each of somebody else.
    .next = Sort the whole sheet together and import again.
import-row-overwrites = Writes over what the school has on record: see below what becomes of what.
    .next = Check before writing; leave out of the file what must not change.
import-row-overwrites-again = This very file was taken in at { $at }; what was put right here since goes back to what the file says.
    .next = Check before writing; leave out of the file what must not change.
import-ids-lost = This workbook was exported, and its column of record ids is gone: the row would be recorded once more as new.
    .next = To change what there is, export again and leave that column.
import-row-total = A line of totals: left out.
import-row-taken-other-child = This row was taken before, for "{ $child }"; it now says "{ $name }".
    .next = If it was the wrong child, void the record on its page and enter it anew; if renamed, correct the name in the child's file.
import-undone = Import { $batch } was taken back at { $at }.
    .next = Nothing is left to do.
key-field-empty = Field { $field } makes the record's id and cannot be empty.
    .next = Fill it and save again.
ledger-check = The definition { $path } has { $count ->
    [one] 1 problem
   *[other] { $count } problems
}:
    .next = Mend the lines named, then run `huxue-hub ledger check { $path }`.
ledger-incompatible = The definition { $path } does not fit the version before, { $count ->
    [one] 1 problem
   *[other] { $count } problems
}:
    .next = Keep fields and types, raise version by one, then run `{ $program } ledger publish { $path }`.
ledger-none = There is no ledger { $code }.
    .next = See the codes with `{ $program } ledger list`.
ledger-not-yours = Ledger { $ledger } is kept by the { $owner }; it is read-only here.
    .next = Have its owner change it.
ledger-too-long = The definition has { $bytes } bytes; at most { $max }.
    .next = Shorten its texts, or split the ledger.
ledger-value-unknown-field = The ledger has no field { $field }.
    .next = See its fields with `{ $program } ledger show LEDGER`.
node-file-damaged = The node's file { $path } is damaged: { $detail }
    .next = Restore it from a backup; without one have the county run `huxue-hub enrol issue --school CODE` and enrol in an empty directory.
node-several = { $count } nodes begin with { $id }.
    .next = Give more of the id, as `{ $program } node list` shows it.
node-unknown = There is no node { $id }.
    .next = See them with `{ $program } node list`.
not-initialised = There is no hub in { $path }.
    .next = Run `{ $program } init --county CODE --name NAME` first.
out-needed = A workbook cannot be shown on a terminal.
    .next = Add --out FILE.xlsx.
parked-full = Too many changes wait for what they depend on; receiving pauses.
    .next = It is tried again by itself; if it stays so, call the county's administrator.
profile-at-school = A child's profile is made at the school.
    .next = Run `huxue-node record add enrolment` there.
profile-name = The child has no name.
    .next = Run `{ $program } record add enrolment` again with --set name=NAME.
profile-number-taken = { $title_en } "{ $value }" is another child's already.
    .next = Check the number; if the numbers of two children were exchanged, empty one of them first.
profile-other-name = This identity number is on file under "{ $other }" ({ $student }).
    .next = If renamed, run `{ $program } record set { $student } --set name={ $name }`; if another child, check the number.
record-blocked = Not saved, { $count ->
    [one] 1 rule is broken
   *[other] { $count } rules are broken
}:
    .next = Correct them and save again.
record-not-void = { $record } is not void.
    .next = Nothing needs to be done.
unvoid-another = Another one that is not over is there; both would count.
    .next = Make that one void first (on the child's page), then let this one stand again.
record-none = No record fits "{ $ref }".
    .next = See the ids with `{ $program } record list LEDGER`.
record-several = { $count } records fit "{ $ref }".
    .next = Give more of the id, as `{ $program } record list LEDGER` shows it.
step-why-missing = "{ $step_en }" is not taken without saying why.
    .next = Add --why REASON and take it again.
record-fixed = While the record is "{ $state_en }", "{ $title_en }" is not changed.
    .next = If it is wrong, take a step back first (objection, sent back), correct it and go on; what is approved or paid the county sends back or revokes.
record-day-of-step = "{ $title_en }" is the day of the step "{ $step_en }" and is not changed alone.
    .next = On the page of this record choose "Wrong date? Correct it" and "{ $step_en }"; on the command line use record redate.
record-sealed = This record is "{ $title_en }": what it says stands.
    .next = Take it back first, correct it and have it signed anew; once sent, report a correction.
record-void = Record { $record } is void.
    .next = Add another in its place with `{ $program } record add LEDGER`.
relay-answered = This school has answered { $record } already.
    .next = See it with `{ $program } record list relay_answer`; to change it, void the answer and call the county.
relay-at-school = This is the copy for a school; the county does not work on copies.
    .next = Work on the record itself: `{ $program } record step { $record }`.
relay-no-step = It cannot be answered with "{ $step_en }" now; possible: { $list_en }.
    .next = See how it stands with `{ $program } record show`; where nothing is possible, wait for the county or the other school.
report-check = The report { $path } has { $count ->
    [one] 1 problem
   *[other] { $count } problems
}:
    .next = Mend the lines named, then run `{ $program } report publish { $path }`.
roster-at-school = A roster is imported at the school.
    .next = Run `huxue-node import roster` there.
school-code = "{ $code }" is no school code of 10 digits.
    .next = Check it against `huxue-hub school list`.
school-exists = School { $code } is on the list already.
    .next = Change it with `{ $program } record set RECORD --set FIELD=VALUE`; its id is in `{ $program } record list school`.
school-unknown = No school { $code } is on the list.
    .next = Correct the code, or run `huxue-hub school add --code { $code } --name NAME` first.
set-shape = "{ $text }" is no field=value.
    .next = Write --set FIELD=VALUE.
socket-bind = The local socket { $path } cannot be made: { $detail }
    .next = See whether this directory can be written to; if it can, take a data directory with a shorter path.
socket-request = The daemon does not know this request: { $detail }
    .next = Command and daemon must be of one version: restart the service after upgrading.
step-date = "{ $text }" is no date.
    .next = Write it as 2026-03-01.
step-date-before = This step's date { $day } is before the last step ({ $since }).
    .next = Write { $since } or a later day; if the last step is dated wrongly, correct its date first.
redate-none = No step “{ $step }” was taken, or it has no effect.
    .next = Run { $program } record show RECORD to see the steps taken.
redate-not-yours = This step is the county's, and so is its date.
    .next = Ask the county to check the date of this step.
redate-early = This step can be taken on { $earliest } at the earliest, not on { $day }.
    .next = Write { $earliest } or a later day.
redate-late = The step after it, “{ $next_en }”, was taken on { $on }; this one cannot be dated { $day }.
    .next = Write an earlier day, or correct the date of “{ $next_en }” first.
step-date-future = This step's date { $day } is after today ({ $today }).
    .next = Record it once it is done, dated today or before; if today is not { $today }, set this machine's clock right.
step-no-lifecycle = Ledger { $ledger } has no steps.
    .next = Change its records with `{ $program } record set RECORD --set FIELD=VALUE`.
store-busy = Another program holds the database; this was not saved.
    .next = Close the backup, virus scanner or database tool that has huxue.db open (`fuser -v huxue.db` names it) and try again; nothing saved before is lost.
store-corrupt = The database is damaged: { $detail }
    .next = Stop the service and keep this directory; a school gets its records back with `huxue-node enrol` in an empty one, the county restores a backup.
store-full = The disk is full; this was not saved.
    .next = Free some space (see `df -h`) and try again; what was saved before is safe.
store-key = The database does not open with this key.
    .next = Name the original key: `{ $program } --db-key-file FILE status`.
store-newer = The database was written by a newer huxue.
    .next = Upgrade huxue on this machine.
store-other = The database failed: { $detail }
    .next = Try again; if it persists run `{ $program } verify` and call the administrator. No record was lost.
store-read-only = The database cannot be written: { $detail }
    .next = Check the disk and the directory's permissions.
student-none = No child fits "{ $ref }".
    .next = Check name or number with `{ $program } record list enrolment`, or import the roster first (`{ $program } import roster FILE`).
student-several = { $count } children fit "{ $ref }": { $list }
    .next = Name one by identity number or by the id in front; in a table, the class beside the name will do.
subject-school = Ledger { $ledger } needs a school.
    .next = Add --school CODE.
subject-student = Ledger { $ledger } needs a child.
    .next = Add --student NAME or number.
sync-slow = Not in sync within a minute.
    .next = Everything is saved here and goes on being sent; see `{ $program } status`.
values-bad = { $count ->
    [one] 1 value cannot
   *[other] { $count } values cannot
} be kept:
    .next = Correct each and save again.
verify-found = { $count ->
    [one] 1 problem was
   *[other] { $count } problems were
} found:
    .next = Run `{ $program } rebuild`, then `{ $program } verify` again; if the log itself is wrong, restore from a backup.
verify-problem = { $text }
void-reason = Voiding needs a reason.
    .next = Say why: `{ $program } record void RECORD --why REASON`.
year-absurd = { $year } is no school year.
    .next = Give the year it starts in: `{ $program } year open 2026`.
year-at-hub = The county's year is opened at the hub.
    .next = Run `huxue-hub year open`.
saved = Saved: { $record }
saved-unchanged = Nothing changed: { $record }
saved-unknown = Option { $option } is not known here; it is kept
conflicts-none = Nothing awaits you.
conflicts-how = Settle one with { $program } conflicts resolve ID --choose VALUE (or #NUMBER).
status-saved = { $records ->
    [one] 1 record saved here; { $pending } changes wait
   *[other] { $records } records saved here; { $pending } changes wait
} to be sent.
status-contact = Last contact: { $at }
status-no-contact = No contact yet.
status-conflicts = { $count ->
    [one] 1 item awaits
   *[other] { $count } items await
} a person: { $program } conflicts list
status-refused = { $count ->
    [one] 1 change was
   *[other] { $count } changes were
} not received: { $program } conflicts list --kind refused
status-parked = { $count ->
    [one] 1 change waits for what it depends on
   *[other] { $count } changes wait for what they depend on
}
status-refused-dropped = of { $count } refused changes only hash and reason are kept; the oldest gave way
status-blobs = Files: { $here } here, { $waiting } waiting for the county, { $missing } not here
status-error = No link: { $error }
token-issued = Token for school { $school }, valid once, until { $expires }: { $token }
imported = { $accepted } rows accepted, { $rejected } rejected, { $changed } records changed, batch { $batch }
imported-row = Row { $row }{ $label }: { $message }
conflict-kind-field = two values in one field
conflict-kind-group = fields that belong together were changed apart
conflict-kind-void = voided here, changed there
conflict-kind-fork = steps taken apart
conflict-kind-void-step = a step without authority (no effect)
conflict-kind-unauthorised = a field without authority (no effect)
conflict-kind-misplaced = a record where its ledger does not belong
conflict-kind-refused = a change that was not received
conflict-kind-equivocation = two changes under one number: a cloned machine?
conflict-kind-duplicate-child = one identity number present twice
conflict-kind-late-edit = an edit that came after its document was closed (kept there; the county chooses keep, or forward to add it to the dossier)
word-code = Code
word-version = Version
word-title = Title
word-subject = Subject
word-owner = Owner
word-lifecycle = Steps
word-name = Name
word-question = Question
word-type = Type
word-required = Required
word-unit = Unit
word-from = From
word-to = To
word-authority = Authority
word-requires = Requires
word-county = County
word-fingerprint = Fingerprint
word-data = Directory
word-school = School
word-school-name = School name
word-node = Node
word-connected = Connected
word-last-contact = Last contact
word-revoked = Revoked
word-sessions-cut = Sessions cut
word-documents = Documents
word-records = Records
word-changes = Changes
word-batches = Signed batches
word-resolved = Settled
word-kind = Kind
word-record = Record
word-year = School year
word-opened = Opened
word-promoted = Promoted
word-graduated = Graduated
word-carried = Carried on
word-present = Already there
word-published = Published
word-ok = Passed
word-fields = Fields
word-batch = Batch
word-undone = Taken back
word-kept = Kept
word-hash = Hash
word-bytes = Bytes
word-here = Here
word-thumbnail = Thumbnail
word-wanted = Asked for
word-media = Type
word-field = Field
word-file-mib = Largest file, MiB
word-quota-mib = All files of a school, MiB
word-whole = Fetch every file
word-login = login
word-roles = roles
word-classes = classes
word-closed = closed
word-password = one-time password
hub-port = The port of "{ $text }" is not one from 1 to 65535.
    .next = Run `{ $program } enrol --hub HOST:PORT --token TOKEN`; without a port it is 4433.
param-shape = "{ $text }" is no name=value.
    .next = Write --param NAME=VALUE; see the names with `{ $program } report list`.
file-no-key = the key or certificate in it has changed
system-not-found = there is no such file or directory
system-permission = permission is denied
system-exists = it exists already
system-not-a-directory = part of the path is no directory
system-is-a-directory = it is a directory, not a file
system-full = the disk or quota is full
system-read-only = the disk is read-only
system-address-in-use = the port is in use
system-address-not-here = this machine has no such address
system-broken-off = the other side broke off
system-timeout = it took too long
system-not-utf8 = it is not UTF-8 text
system-name-too-long = the name is too long
system-other = system error { $number }
system-sqlite = SQLite says: { $text }
system-log-gap = space { $space } breaks off at { $lsn }
json-cut-off = line { $line }, column { $column }: the file is cut off, more was expected
json-field-missing = line { $line }, column { $column }: "{ $field }" is missing
json-field-unknown = line { $line }, column { $column }: "{ $field }" is not expected
json-value = line { $line }, column { $column }: another kind of value was expected
json-syntax = line { $line }, column { $column }: no JSON; a comma, quote or bracket was expected
usage-unknown = "{ $text }" is not known here.
    .next = Run `{ $command } --help` for how it is written.
usage-missing = The command lacks { $list }.
    .next = Run `{ $command } --help` for how it is written.
usage-value = { $argument } cannot be "{ $text }".
    .next = Run `{ $command } --help` for what it may be.
usage-value-missing = { $argument } has no value.
    .next = Run `{ $command } --help` for how it is written.
usage-together = { $argument } does not go with { $other }.
    .next = Run `{ $command } --help` for how it is written.
usage-other = The command line is wrong.
    .next = Run `{ $command } --help` for how it is written.
imported-nothing = { $accepted } rows accepted, { $rejected } rejected, { $changed } records changed, no batch
imported-ignored = { $count ->
    [one] 1 column was
   *[other] { $count } columns were
} not imported: { $list }
imported-other-sheets = { $count ->
    [one] 1 more sheet holds such a table and was
   *[other] { $count } more sheets hold such a table and were
} not read (import once more, naming it with --sheet): { $list }
imported-sheet = { $name } ({ $rows ->
    [one] 1 row
   *[other] { $rows } rows
})
imported-sheet-hidden = { $name } ({ $rows ->
    [one] 1 row
   *[other] { $rows } rows
}, hidden)
imported-headless-sheets = { $count ->
    [one] 1 sheet without a head that is known was
   *[other] { $count } sheets without a head that is known were
} not read: { $list }
imported-skipped = { $count ->
    [one] 1 row is no data and was skipped
   *[other] { $count } rows are no data and were skipped
}: { $list }
status-hub = { $records } records of the county here; { $connected } nodes connected.
status-hub-contact = Last contact with a school: { $at }
status-hub-no-contact = No school has been heard from yet.
step-void = (without effect)
record-next = May be taken next: { $list }
coded-subject-student = student
coded-subject-school = school
coded-subject-county = county
coded-owner-school = school
coded-owner-county = county
coded-authority-school = school
coded-authority-county = county
coded-authority-any = either
coded-required-yes = yes
coded-required-no = no
coded-required-when = sometimes
coded-required-before = before
coded-type-text = text
coded-type-long = long text
coded-type-int = integer
coded-type-dec1 = decimal
coded-type-pct = per cent
coded-type-money = money
coded-type-date = date
coded-type-month = month
coded-type-time = time
coded-type-bool = yes/no
coded-type-choice = one of
coded-type-flags = some of
coded-type-person = person
coded-type-phone = phone
coded-type-idno = identity number
coded-type-file = attachment
coded-type-ref = reference
coded-type-school = school
word-parameters = Parameters
word-expires = Expires
coded-owner-both = both
coded-type-village = village
coded-type-student = student
toml-twice = the same key stands twice
toml-unquoted = text needs quotes
toml-unclosed = it is not closed: { $expected } is expected
toml-incomplete = it is not complete: after a key come = and a value
toml-field-unknown = unknown key "{ $name }", here may stand: { $expected }
toml-field-missing = "{ $name }" is missing
toml-word-unknown = it cannot be "{ $name }", but: { $expected }
toml-type = a value of another type is expected
toml-other = it is not written as TOML wants it
init-over-database = { $path } has a database huxue.db, but no hub.json.
    .next = Restore hub.json from a backup (`cp BACKUP/hub.json { $path }/`), or use an empty directory: `huxue-hub --data EMPTY-DIRECTORY init`.
store-write = The disk does not take what is written (a quota, or a fault); this was not saved.
    .next = Look at space and limits with `df -h` and `ulimit -f`, then try again; what was saved before is safe.
imported-remark = Row { $rows }: { $message }
imported-remarks = Rows { $rows } ({ $count }): { $message }

### The grid, and taking back
batch-large = At most { $limit } rows at once; there are { $count }.
    .next = Do it class by class, or filter.
batch-twice = Record { $record } stands in this batch twice.
    .next = One change a record and batch: keep one row, do the other in the next batch.
record-there = Record { $record } is there already; no second one was made.
    .next = Open the one there is and change it.
field-disputed = "{ $title_en }" was written differently by two people and awaits a choice; it was not changed.
    .next = Choose first: `{ $program } conflicts list`, then `{ $program } conflicts resolve ID --choose VALUE`.
web-field-disputed = "{ $title_en }" was written differently by two people and awaits a choice; it was not changed.
    .page = Choose on the page of disagreements, then change it.
cell-disputed = "{ $title }" was written differently by two people; your "{ $yours }" did not decide between them.
    .next = Choose on the page of disagreements, then change it.
cell-changed = "{ $title }" was changed by somebody to "{ $theirs }" meanwhile; your "{ $yours }" did not overwrite it.
    .next = Look at the new value; if yours is right, change it once more over that.
word-by = By
coded-kind-roster = roster import
coded-kind-ledger = ledger import
coded-kind-grid = grid
coded-kind-edit = single edit
import-other-ledger = This workbook comes from { $ledger }; it cannot be imported into { $wanted }.
    .next = Run `{ $program } import { $how } FILE`, or take the file exported from { $wanted }.

# ── whose file it is, and whose row ──
import-other-school = This workbook is school { $school }'s; this school is { $own }.
    .next = Take a file exported or given back here; hand this one to that school.
roster-other-school = This roster looks like another school's; nothing was written.
    .next = Make sure that it is the right file; if it is this school's, run again with --this-school.
roster-doubt-code = { $count } rows name school { $code }; this school is { $own }.
    .next = See whether the file is this school's.
roster-doubt-name = It names the school "{ $name }"; this school is "{ $own }".
    .next = See whether it is the right file.
roster-doubt-name-not-code = The school code is this school's, but the roster names “{ $name }”; this school is “{ $own }”.
    .next = See whether it is the wrong file, or the code was copied; if this school was renamed, let the county correct its list of schools.
roster-doubt-stage = { $count } rows have a grade that this school has not: in the county's list it is { $stage ->
        [preschool] a kindergarten
        [teaching_point] a teaching point
        [primary] a primary school
        [junior] a junior secondary school
        [nine_year] a nine-year school
        [complete] a complete secondary school
        [senior] a senior secondary school
       *[other] a vocational school
    }.
    .next = See whether it is the roster of a school of another stage; if the list is wrong, let the county correct it.
roster-doubt-children = Of { $count } children in these grades only { $known } are known here.
    .next = See whether it is another school's or year's roster.
roster-doubt-classes = Most of its classes are none of this school's: { $list }.
    .next = See whether the class column names this school's classes.
roster-doubt-grades = This school has none of its grades.
    .next = See whether it is a roster of another stage's school.
imported-doubt = Perhaps not this school's roster: { $message }
import-row-record-twice = Rows { $rows } are about one record; which counts cannot be told, so none was taken.
    .next = Keep one row; if the other is to be a new record, delete its record id.
import-row-not-in-classes = Not a child of your classes; not taken.
    .next = Check name and record id; other classes are imported by their class teachers or the registrar.
import-row-class-not-yours = This class is not yours; not taken.
    .next = Check grade and class; other classes are imported by their class teachers or the registrar.
import-row-child-several = There are { $count } called "{ $ref }" in your classes.
    .next = Add a column with the identity number to say which.
import-row-other-child = This record is of "{ $child }"; the row in the file says "{ $name }".
    .next = Sort whole tables only; export again and edit that. A name is changed in the child's profile.
import-row-taken-before = This row was taken before; only what was changed in it goes into that record, none is added.
import-row-alike = There is a similar record { $within } already; this row would make another.
    .next = To change the one there, export the ledger and change its row; if there really is another, check and write.
import-row-alike-earlier = An earlier row is similar { $within }; this row would make another.
    .next = Delete this row and send the file again if it is one too many; if there really are two, check and write.
import-row-undated = No date is given: it would be written as of today.
    .next = Fill in the day in the file and send it again, or tick that today is meant.
import-row-no-child = The row does not say which child.
    .next = Give a name or a number; a line of totals may stay, it is not written.
import-ref-none = "{ $ref }" in "{ $title }" is not here.
    .next = Write it as the child's record stands on the page, or leave it empty and choose it afterwards.
import-ref-none-of = "{ $ref }" in "{ $title }" is not here; there are: { $names }.
    .next = Write one of these.
import-row-namesake = A child called { $name } with the same day of birth (or none) is on file already; this row would make another file.
    .next = If it is the same child, delete this row and change the one there; if it is another, check and write.
import-row-same = A record that says the same is there already; this row would make another.
    .next = Delete the row and send the file again; keep the column of record ids, by which the old one is known.
import-row-renamed = Name or number is not the one in the child's file: check whether the row is still that child's (where one column was sorted, the rows have slipped).
    .next = If they slipped, sort the whole sheet together and send it again; if the name or number really changed, check and write.
import-row-status-kept = By its file the child is not at school; the roster says nothing of that and it was not changed. If the child is back, change the file.
import-row-there = A record that says the same is there already; none was added.
import-row-class-kept = The class is not changed in this table; move a child in its profile.
undo-old = An edit can be taken back for { $days } days, and this one is older.
    .next = Correct the record instead; its trail shows what stood there before.
