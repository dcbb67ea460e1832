web-skip = Skip to content
web-nav = Main menu
web-nav-today = Today
web-nav-roll = Roll
web-nav-children = Children
web-nav-ledgers = Ledgers
web-nav-conflicts = Disagreements
web-nav-import = Import
web-nav-reports = Reports
web-logout = Log out
web-away = The school's server cannot be reached now; until it can, nothing typed is saved.
web-unsaved = Not saved: the school's server cannot be reached. Check the network and try again; what was saved is safe.
web-locked = Locked. What is filled in on the page is still there; give the password and go on.
web-unlock-go = Give the password and go on
web-locked-typing = Not saved yet: the page is locked, or the login is over. What you typed is still here; unlock, come back and press again.
web-unlock-here = Unlock in another page
web-to-today = Back to Today
web-and = {", "}
web-save = Save
web-cancel = Cancel
web-acts = Acts
web-yuan = yuan
web-oops = That did not work
web-grade = Grade { $grade }{ $class }
web-class = Grade { $grade } class { $class }
web-overdue = { $value ->
    [one] 1 day overdue
   *[other] { $value } days overdue
}
web-due-today = due today
web-due-in = { $value ->
    [one] 1 day left
   *[other] { $value } days left
}
web-sync-never = Saved on this machine; the county has never been reached.
web-sync-waiting-never = Saved on this machine; { $pending } waiting to be sent; the county has never been reached.
web-sync-received-live = Saved on this machine; the county has received everything; connected.
web-sync-received = Saved on this machine; the county has received everything (last contact { $at }); not connected now.
web-sync-sending = Saved on this machine; sending, { $pending } left.
web-sync-waiting = Saved on this machine; { $pending } waiting to be sent; last contact with the county: { $at }.
web-sync-revoked = The county has revoked this machine: nothing written here reaches it any more, { $pending } changes are here only. Tell the registrar now.
    .registrar = The county has revoked this machine: nothing recorded here reaches it any more, { $pending } records are here alone. Speak to the county at once.
web-sync-broken = The state of this machine cannot be read; please tell the administrator.
web-login = Log in
    .help = Log in with the name and password the school gave you. If you forgot the password, ask the registrar to reset it.
web-lock = Locked
    .help = Everything saved is there. Your password opens it again.
web-login-name = Login name
web-login-hint = Typed to log in, for instance your name in pinyin; no blanks.
web-password-word = Password
web-password-again = Once more
web-password-old = Present password
web-password-new = New password
web-password-hint = At least { $value } characters, of any script.
web-password-must = This password was set by somebody else: please choose your own first.
web-password = Change password
    .help = Choose a password only you know. Afterwards your logins on other machines end.
web-password-changed = The password is changed.
web-enter = Log in
web-unlock = Go on
web-other-person = Somebody else logs in
web-start = Make the first account
    .help = The first account is the registrar's, who imports the roster and makes accounts for the other teachers. The password stays on this machine.
web-start-go = Make the account
web-people = Accounts
    .help = Give every teacher an account of their own, so that records name who did what. Close the account of somebody who leaves; nothing is deleted.
web-person-name = Name
web-person-new = A new account
web-person-add = Make the account
web-roles = Roles
web-role-registrar = Registrar
web-role-aid-officer = Aid officer
web-role-class-teacher = Class teacher
web-role-principal = Principal
web-own-classes = Own classes
web-own-classes-hint = For class teachers only. Tick the classes the teacher has.
web-drawn = One-time password of { $value }:
web-drawn-once = Shown this once: pass it on to the person, who chooses an own one at the first login.
web-reset-sure = Reset the password of { $value }? The present one ends at once; you hand over a one-time password in person.
web-reset-password = Reset password
web-disabled = closed
web-disable = Close this account
account-class = “{ $text }” is no class.
    .next = Write grade 3 class 2, 三(2)班 or 3.2; several with a comma between.
account-classes = A class teacher has a class.
    .next = Name it with --class, such as --class 3.2; repeat for several.
web-account-classes = {""}
    .page = Tick the classes the teacher has.
account-login = A login name is needed, without blanks, of at most 40 characters.
    .next = The name in pinyin, for instance.
account-name = A name is needed, of at most 60 characters, none of them invisible.
    .next = Fill in the person's name.
account-none = There is no such account.
    .next = See which there are with `{ $program } account list`.
web-account-none = {""}
    .page = Look at the list of accounts.
account-own = You cannot close your own account or give up being registrar.
    .next = Ask another registrar to do it.
account-roles = At least one role is needed.
    .next = Name it with --role: registrar, aid_officer, class_teacher or principal.
web-account-roles = {""}
    .page = Tick what the person is.
account-role = “{ $value }” is no role.
    .next = registrar, aid_officer, class_teacher or principal.
account-taken = The login name “{ $login }” is taken.
    .next = Choose another one.
login-wait = Too many wrong passwords: wait { $seconds ->
    [one] 1 second
   *[other] { $seconds } seconds
}.
    .next = Try again then; if you forgot it, ask the registrar to reset it.
login-wrong = Name or password is wrong.
    .next = Check upper case and the input method; if you forgot it, ask the registrar to reset it.
password-differs = The two new passwords differ.
    .next = Type the new one twice again.
password-long = The password is too long (at most { $max } bytes).
    .next = Choose a shorter one.
password-plain = This password is too easily guessed.
    .next = Choose another: a few unrelated words in a row do well.
password-short = A password has at least { $min } characters.
    .next = Choose a longer one.
web-first-account-here = The first account is made on the school's machine itself.
    .next = Open this page on the machine that runs huxue.
web-first-account-there = There is an account already.
    .next = Log in with it.
web-login-first = Please log in first.
    .next = Open the login page.
web-not-yours = Your role does not allow this.
    .next = If you need it, ask the registrar for the role or class.
    .registrar = This belongs to another role (aid officer, principal). If it is yours to do, add that role to your account first.
web-nowhere = There is no page { $path }.
    .next = Choose from the menu above.
web-other-origin = This request did not come from a page of huxue and was refused.
    .next = Do it again from huxue's own page.
web-token = The page was open for too long.
    .next = Reload it and try again; everything saved is there.
web-today = Today
web-me = Me
    .help = Your account: the registrar sets roles and classes. Change your password here, or lock the desk before you leave your seat.
web-lock-now = Lock
web-all = All
web-add = Add
web-edit = Edit
web-open = Open
web-find = Find
web-find-child = Find a child
web-find-hint = Name, pinyin initials or number
web-from = From
web-to = To
web-date = Date
web-before = Previous
web-after = Next
web-export = Export to Excel
web-class-word = Class
web-sex = Sex
web-student-no = Student number
web-status = Status
web-state = State
web-due = Due
web-must-fill = This is needed.
web-next-here = Correct it and try again; if that does not help, ask the registrar or whoever looks after this machine.
    .registrar = Mend it and try again; if that fails, ask whoever looks after this machine, or the county.
web-must = required
web-count = { $value } in all
web-children-count = { $value ->
    [one] 1 child
   *[other] { $value } children
}
web-nobody-fits = Nobody fits. Try part of the name, pinyin initials (wxm for 王小明), or the student number.
web-nothing-fits = Nothing fits.
web-more-fit = { $value ->
    [one] 1 more is not shown
   *[other] { $value } more are not shown
}.
web-with-left = With those who left
web-child-add = Add a child
web-children = Children
    .help = By class, or by name, pinyin initials or number. A name leads to everything about the child.
web-children-pick = Choose a child
    .help = Whose record is it? Choose a name to go on.
web-child = Child
    .help = Everything about this child is on this page. What is open stands on top; new records are one click away.
web-open-items = Open
web-quick-add = Add a record
web-profile = Profile
web-profile-more = The whole profile
web-records = Records
web-by-ledger = by ledger
web-by-time = by time
web-no-records = No records yet.
web-none-yet = None yet.
web-other-years = Other school years
web-disputed = disputed
web-void = void
web-voided = Voided ones
web-ledgers = Ledgers
    .help = One table a ledger, with search, filters and export. A ledger the county publishes appears here by itself.
web-ledger = Ledger
    .help = A date opens the record, a head sorts. An exported table can be edited and imported again: only changed cells are written.
web-form = Form
    .help = Fill what is marked first; the rest can come later. What cannot be right is said beside it.
web-more-fields = More fields ({ $value })
web-save-another = Save and add another
web-saved = Saved on this machine.
web-record-plain = What was recorded, with its photos and who changed what. Correct it, add to it, or void it with a reason.
web-record = Record
    .help = The steps stand on top, with only what may come next. Nothing is lost: every change is in the trail.
web-way = Progress
web-way-ahead = Not yet:
web-way-by = by { $value }
web-way-county = by the county
web-way-other = by the other school
web-next-by = Next step by:
web-county-steps = Waits for the county: { $value }.
web-other-steps = Waits for the other school: { $value }. The county passes it on and writes the answer down here.
web-passed-help = Another school's matter that concerns this school, passed on by the county. Read it and answer; once the county has written it down both schools see the outcome.
web-passed-asked = Waits for this school's answer:
web-passed-waits = Waits for this school's answer. Whoever keeps this ledger answers here.
web-passed-answered = This school has answered "{ $value }". The county writes it down when it hears of it; nothing more to do.
web-passed-problem = The county could not write the last answer down. Check the particulars and dates, and answer again.
web-step-others = Other cases: { $value }
web-step-why = Reason (if any)
web-values = Contents
web-trail = Trail
web-when = When
web-where = Where
web-field = Field
web-refused = refused
web-elsewhere = the county or another machine of the school
web-is-void = This record is void: { $value }
web-unvoid-do = Let it stand again
web-void-do = Void this record
web-void-why = Why
web-has-conflict-of = "{ $value }" was written in two ways: somebody has to choose.
web-has-conflict = This record was written in two ways and awaits a choice.
web-conflicts = Disagreements
    .help = Where two people wrote different things, a person decides. What is not chosen stays in the trail.
web-conflicts-none = Nothing awaits your choice.
web-conflict-field = One field, two values
    .help = Choose one, or type a third.
web-conflict-group = Fields that belong together were changed apart
    .help = Choose for each field; they are settled together.
web-conflict-void = Voided on one side, changed on the other
    .help = Decide whether it is void, then each value.
web-conflict-fork = Steps that do not agree
    .help = Two different steps were taken: choose the state that holds.
web-conflict-void-step = A step had no effect
    .help = It was not for that side to take, or the step before it had none. Acknowledge it once seen.
web-conflict-unauthorised = A value had no effect
    .help = The field is not for that side to fill. Acknowledge it once seen.
web-conflict-misplaced = A record in the wrong place
    .help = It does not belong into this document. Acknowledge it once seen.
web-conflict-late-edit = Changed after the child had moved
    .help = After the child had moved and the file was closed, a machine of this school without a link changed it. The changes are kept; the county looks at them and decides.
web-conflict-refused = A change was refused
    .help = See why, write it again if needed, and acknowledge it.
web-conflict-equivocation = Written twice under one number
    .help = A machine may have been cloned: tell the county's administrator.
web-conflict-duplicate-child = One child twice
    .help = The county looks into it.
web-conflict-county = The county decides this.
web-left-alone = As before: the other side did not change it
web-agreed = the same on both sides
web-third = Type a third value
web-choose = Settle it so
web-seen = Seen
web-settled = Settled as you chose.
web-settled-before = Somebody has settled this one already; nothing was changed now. The trail of the record says how, and who did.
web-empty-value = (empty)
web-not-yours-to-settle = To be settled by somebody who may change this record.
web-refused-here = Refused by this machine.
web-refused-there = Refused by the county.
web-import = Import
    .help = Choose a file, see the verdict on each row, then decide. A batch can be taken back as one.
web-import-first = The account is made. Import the roster now; without one, children can be added singly.
web-import-later = Later
web-import-second = If the school works with another machine already, do not import yet: with a link its children come by themselves from the county. Load this page again in some minutes; it says so once they are here.
web-import-there = The children of this school have come to this machine from the county: the roster need not be imported again.
web-import-there-go = Go to Today
web-import-into = Into
web-roster = Roster of children
web-file = File
web-file-hint = .xlsx, .xls or .csv of at most { $value } MB, as the school keeps it.
web-import-look = Preview
web-import-preview = Preview of the import
    .help = Nothing is written yet. Rows that cannot be taken come first, with the reason; give them back, mend them, upload again.
web-accepted = { $value ->
    [one] 1 row accepted
   *[other] { $value } rows accepted
}
web-rejected = { $value ->
    [one] 1 row rejected
   *[other] { $value } rows rejected
}
web-changed = { $value ->
    [one] 1 record to be written
   *[other] { $value } records to be written
}
web-ignored-columns = Columns not used, nothing of them is imported: { $value }. If one should be, give it the name it has in the ledger and import again.
web-import-others = This workbook has more such sheets. They were not read, and nothing of them is written now. Look at each, and write each:
web-import-sheet-look = Look at "{ $value }" instead
web-import-sheet-written = written
web-import-headless = No head was recognised on these sheets, they were not read: { $value }. If anything there is to be imported, give that sheet a head and send the file again.
web-import-rest = "{ $value }" has sheets that are not imported yet:
web-import-rest-go = Go on with "{ $value }"
web-import-again = Choose another file
web-import-give-back = Download the rejected rows
web-import-apply = { $value ->
    [one] Write this record
   *[other] Write these { $value } records
}
web-import-nothing = There is nothing to write: all is there already, or nothing is acceptable.
web-import-past = Imports so far
web-import-written = Written
web-import-undo-sure = { $value ->
    [one] This takes back the one record of this batch.
   *[other] This takes back the { $value } records of this batch.
} What somebody changed since is kept and listed; the file can be imported again.
web-import-undo = Take back
web-import-undone-at = taken back { $value }
web-import-done = { $value ->
    [one] 1 record written
   *[other] { $value } records written
} and saved on this machine.
web-row = Row
web-verdict = Verdict
web-what = What
web-why = Why
web-what-next = What to do
web-yes-accepted = accepted
web-no-rejected = rejected
web-reports = Reports
    .help = A question leads to its answer, with export. Disputed records are not counted and told apart.
web-reports-none = There is no report for your role.
web-reports-questions = Questions
web-reports-overviews = Overviews of ledgers
web-report = Report
    .help = The figures come from what is saved, without what is disputed. Change the conditions, or take it as a workbook.
web-run = Run
web-term-1 = Term 1 (autumn)
web-term-2 = Term 2 (spring)
web-disputed-not-counted = { $value ->
    [one] 1 record is disputed and not counted
   *[other] { $value } records are disputed and not counted
}.
desk-today = Today
    .help = Everything due and overdue is here. One click on a line or its button leads to doing it, and what is done goes by itself.
desk-card-rolls = Rolls not taken
desk-card-late = Overdue
desk-card-coming = Due within a week
desk-card-conflicts = Disagreements
desk-conflicts-wait = { $value ->
    [one] 1 disagreement awaits a choice
   *[other] { $value } disagreements await a choice
}
desk-do-roll = Take roll
desk-do-open = Open
desk-do-log = Log it
desk-never = never
desk-all-done = Everything for today is done.
desk-no-children = There are no children you can see yet. The registrar imports the roster and sets your classes.
    .registrar = There are no children yet. Import a roster, or add them one by one.
desk-roll = Roll
    .help = Everybody is present until told otherwise; each exception is saved at once. The third school day without a reason opens a suspected case by itself.
desk-roll-taken = taken
desk-roll-open = not taken yet
desk-roll-excused = { $value } on leave, off sick or the like
desk-roll-absent = { $value } absent without reason
desk-roll-holiday = no school day
desk-no-calendar = The county has published no calendar yet: holidays count as school days, so days absent and rolls missed come out too many.
desk-roll-asks = There is no school on this day. If it is made up for another day, say so first, then mark.
desk-roll-open-day = There is school: take the roll
desk-roll-before = School day before
desk-roll-after = School day after
desk-roll-missing = no roll on { $value }
desk-over-today = over today
desk-over-since = over for { $value } days
desk-over-in = over in { $value } days
paper-notice-part = A part only: { $value }
desk-roll-missing-several = no roll on { $value } and other days, { $count } in all
desk-roll-missing-days = Without a roll among the last 10 school days:
desk-roll-gap = no roll on { $value }
desk-roll-gaps = no roll on { $count } days from { $value }
desk-roll-kept = The roll as handed in says { $present } of { $expected } there, { $absent } absent without reason: not what is counted now.
desk-roll-kept-mend = The roll as handed in says { $present } of { $expected } there, { $absent } absent without reason: not what is counted now. Look it over and press “Done” again: only then is the roll changed.
desk-roll-keys = Keys: ↑ ↓ between children, 1–8 for the state, Tab to the button and Enter to hand it in.
desk-roll-note = Note
desk-roll-saved = saved
desk-roll-day = day { $value } of absence
desk-roll-count = { $value } of { $count } there
desk-roll-waits = the figures of this roll were written differently on two machines and wait to be settled
desk-roll-apart = marked differently on two machines: { $value }
desk-roll-apart-count = { $value } marked differently on two machines
desk-roll-apart-why = Marked on two machines on the same day; the mark made after that counts.
desk-roll-withdraw = Days corrected: void the case
desk-roll-withdraw-why = The absence was corrected: the days the rule asks for are not there.
desk-roll-withdrawn = The case is void; it still stands in the ledger, with the reason.
desk-roll-case = case open
desk-roll-case-void = The case was made void; none opens by itself
desk-roll-case-none = No case is open
desk-roll-case-open = Open a case
desk-roll-back = { $value } on { $day }: back? Mark it
desk-roll-same = As on { $day }: { $value }
desk-roll-last = { $value } on { $day }
desk-roll-undecided = Not handed in: it is not said whether { $value } came back. Mark them, then press again.
desk-roll-unsaved = Not saved: press it again
desk-roll-unsaved-rows = Not handed in: a mark was not saved. Press it again first.
desk-roll-finish = Done: { $value } in the class
desk-roll-done = The roll is taken and saved on this machine.
desk-roll-no-class = There is no class for you. The registrar sets your classes in your account.
    .registrar = There are no classes yet. Import a roster, or add children one by one.
desk-roll-nobody = Nobody was in this class on that day. If the day a child entered or left is wrong, have the registrar correct it first.
    .registrar = Nobody was in this class on that day; if entry or status dates in their files are wrong, correct them first.
desk-wizard = First start
    .help = This machine has not joined the county yet. Two answers, and the first record is ten minutes away.
desk-wizard-step-1 = Join the county
desk-wizard-step-2 = First account
desk-wizard-step-3 = Import the roster
desk-wizard-hub = Address of the county's hub
desk-wizard-hub-hint = From the county, for instance hub.example.cn or 10.1.2.3, with :port if needed.
desk-wizard-token = Token
desk-wizard-token-hint = Paste the token the county sent, or choose its file below. It works once.
desk-wizard-token-file = Or a file with the token
desk-wizard-go = Join
http-lan-plain = Listening at { $address } would let other machines in without encryption.
    .next = Use the default 127.0.0.1 and `{ $program } lan on` for the school's network with encryption, or add --plain-lan behind something that encrypts.
roll-case-stands = Nothing was made void: the days the rule asks for still stand, or the case was dealt with or made void already.
    .next = Correct the days that are wrong first; where they are right, follow the steps of the case.
roll-no-school = Nothing was saved: there is no school on this day.
    .next = If it is made up for another day, open the roll of that day, say so there, and mark again.
roll-day = “{ $text }” is not today or a day before.
    .next = Choose today or a day before.
web-child-none = There is no such child.
    .next = Look for the child by name.
web-choose-first = Choose a value for each field first.
    .next = Choose, then settle.
web-upload-broken = The file did not arrive whole; nothing was changed.
    .next = Choose the file and send it again.
web-body-large = What was sent is too large and was not taken; nothing was changed.
    .next = Go back to the page, choose less, or send it in several parts.
web-body-unreadable = What was sent cannot be read; nothing was changed.
    .next = Go back to the page and do it once more.
web-file-again = The file could not be kept for you: please choose it once more.
web-giveback-gone = This workbook of refused rows is not here any more.
    .next = See under Import which still wait, or preview the first file again.
web-upload-gone = This file has been written already, or has waited too long.
    .next = See under Import whether it was written; if not, choose it again and preview it.
web-upload-none = No file was chosen.
    .next = Choose a .xlsx, .xls or .csv file.
wizard-not-here = The first start is for this machine's own browser only, not for { $address }.
    .next = Start with --listen-http 127.0.0.1:4481, and change the address after enrolment.
web-paper = Print
    .help = Print from the browser (Ctrl+P) on A4, or save as PDF. The menu and this line stay on the screen.
web-print = Print
web-print-list = Print the list
web-print-each = Print one a sheet
web-print-notice = Public notice
web-paper-seal = (seal)
web-notice-title = Public notice: { $value }
web-no-notice = Nothing in this ledger may be put on public notice.
    .next = A notice is for ledgers with public fields, such as aid.
paper-return-notice = To the parents (guardian) of { $name } ({ $class }):¶Under the Compulsory Education Law, parents and other guardians see to it that children of school age enter school and complete compulsory education. Your child is not attending school at present.¶Please see to it that the child is back at school by { $return_by }. If there are difficulties, contact the school: it and the offices concerned will help.¶Issued on: { $issued_on }　Signed by: { $issuer }

# Paper: what is printed (shared/src/web/paper).
web-papers = Print
    .help = All that can be printed: statements for families, ledgers of a class or the school, notices, and forms for visits for who records them. Choose year and class, open, and print from the browser on A4.
web-paper-none = There is no paper “{ $value }”.
    .next = Choose one under “Print”.
web-paper-broken = Since the ledger “{ $value }” was changed this paper cannot be printed.
    .next = Ask the county's administrator for a newer version; other papers are not affected.
web-paper-no-form = This ledger has no form to take along.
    .next = Choose a ledger the school fills in under “Print”.
web-paper-no-ledgers = No ledger was chosen.
    .next = Go back to “Print” and tick ledgers, or choose all of them.
paper-print-now = Print
paper-open = Open
paper-open-all = All ledgers
paper-open-chosen = Open the ledgers ticked
paper-choose = Choose one
paper-fill-in = Fill in
paper-year = School year
paper-term = Term
paper-both-terms = Whole year
paper-copies = Copies without a name
paper-whole-school = Whole school
paper-for-children = Papers about a child
paper-forms = Empty forms to take along
    .help = One a child, with name, class, guardian, phone and address filled in and the rest to be written by hand; entered afterwards. Counselling and illness are not on them.
paper-run = Ledgers of the year
    .help = Whole ledgers by year, term and class, with a cover and contents, each ledger on its own pages. Earlier years as well.
paper-lists = Notices
paper-letters = {""}
    .help = Three parts on a page: stub, notice, proof of service. Choose a record and print it, or print all at once.
paper-notices = {""}
    .help = Names shortened, only what may be public, only what is on notice today: it takes itself down.
paper-period = School year { $from }—{ $to }
paper-period-1 = School year { $from }—{ $to }, term 1 (autumn)
paper-period-2 = School year { $from }—{ $to }, term 2 (spring)
paper-all-years = All years
paper-half-1 = { $year }, first half
paper-half-2 = { $year }, second half
paper-rest = Still to be paid
paper-back = Failed or returned
paper-net = Received
paper-in-dispute = being checked
paper-disputed = { $value ->
    [one] 1 record is disputed and being checked; it is not in the sum
   *[other] { $value } records are disputed and being checked; they are not in the sum
}.
paper-total = Sum
paper-total-words = in capitals
paper-more = What else is recorded
paper-contents = Contents
paper-ledger = Ledger
paper-records = Records
paper-all = In all
paper-no-record = No record.
paper-sheets = { $value ->
    [one] 1 sheet
   *[other] { $value } sheets
}.
paper-left-out = { $value ->
    [one] 1 more child is
   *[other] { $value } more children are
} not in this printing: print class by class.
paper-bare = { $value ->
    [one] 1 child has nothing on this paper and is left out
   *[other] { $value } children have nothing on this paper and are left out
}.
paper-with-bare = Print one for them too
paper-bare-ledgers = { $value ->
    [one] 1 ledger has no record and is left out
   *[other] { $value } ledgers have no record and are left out
}.
paper-with-bare-ledgers = Print empty ledgers too
paper-none-records = There is no record to print. Change the filter, or add one to the ledger first.
paper-none-children = There is no child to print for. Choose another class, year or term; children with nothing on the paper are left out.
paper-none-notice = Nothing is on notice today. A record appears here once it was put on notice and while its days run.
paper-none-run = There is no record of this year, term and class. Choose another.
paper-number = No. { $value }
paper-stub = Stub
paper-slip = Proof of service
paper-cut = Cut here
paper-cut-seam = Cut here (seal across the seam)　{ $value }
paper-twice = Number “{ $value }” stands on another paper too. Look at that one, and change one of the two before printing.
paper-several = (several)
paper-date-line = ＿＿＿＿-＿＿-＿＿
paper-month-line = ＿＿＿＿-＿＿
paper-sign-made = Prepared by:
paper-sign-checked = Checked by:
paper-sign-principal = Principal:
paper-sign-date = Date:
paper-sign-family = Parent or guardian:
paper-sign-visitor = Visited or filled in by:
paper-public-notice-each = The following list is on public notice for the days in each line.¶Objections can be raised with { $place } during these days: { $contact }, telephone { $phone }. A name is taken down when its days are over.
paper-notice-days = On notice
paper-notice-from = On notice from { $value }
paper-public-notice = The following list is on public notice from { $from } to { $until }.¶Objections can be raised with { $place } during these days: { $contact }, telephone { $phone }. The notice is taken down when they are over.
paper-notice-contact = Whom to turn to
paper-notice-phone = Telephone for objections
paper-section-basic-education = Dropout and care
paper-section-student-aid = Student aid
paper-section-planning-finance = Planning and finance
paper-section-personnel = Personnel
paper-section-teachers = Teachers
paper-section-vocational = Vocational education
paper-section-equipment = Equipment
paper-section-regulations = Pairing and regulations
paper-section-sports = Sports
paper-section-office = Office
paper-return-notice-stub = Child: { $name } ({ $class })　To return by: { $return_by }¶Served to: { $served_to }　Signed by: { $issuer }　Issued on: { $issued_on }
paper-return-notice-slip = Received from { $place }: one notice to return to school for { $name } ({ $class }).¶Reply: □ will return by { $return_by }　□ will not, because: ＿＿＿＿＿＿＿＿＿＿¶Received by: ＿＿＿＿＿＿　Relation to the child: ＿＿＿＿＿＿　On: ＿＿＿＿-＿＿-＿＿¶Served by: ＿＿＿＿＿＿　□ by hand □ left at the home □ by post □ through another body　Witness: ＿＿＿＿＿＿
# Filled from a report, signed by the principal (shared/src/web/prefill).
web-step-role = This step is taken by the { $value }.
    .next = Let the { $value } log in with their own account and take it.
web-month-begun = There is one for this month already, and it is not finished.
    .next = Open it from the ledger, and go on with it or correct it.
web-step-signs = Signed by { $value }, with today's date.
web-step-differs = Some figures differ from the records as they stand: see the comparison below before signing.
web-step-only = The { $value } takes this step, with their own account.
paper-by-records = By the records: { $value }.
paper-by-records-other = Other than the records, which say { $value }.
paper-by-records-title = By the school's records
paper-figures-again = Another month
paper-not-zero = By the records there is something to report, so this is no zero report. The figures stand below: check them, save, and let the principal sign.
paper-zero-text = By the records nothing is new and nothing open.
paper-zero = Nothing this month: report zero
paper-compared = What was reported and what the records say now
paper-reported = Reported
paper-now = By the records
paper-differs = differs
paper-no-calendar = The county has sent no school calendar yet: holidays were counted as school days, so more rolls seem due than were.
paper-row-number = No.
paper-rests-on = This rests on: { $done } { $count }, { $due } { $whole }: all were done.
paper-rests-on-less = This rests on: { $done } only { $count }, { $due } { $whole }. It can be reported all the same; the report says so.
paper-of-list = Only the children of the filtered list of "{ $value }".

### The grid
web-grid = Grid
    .help = Edit as in a spreadsheet: type, paste a block from Excel or WPS, fill down. Look before you save; the whole batch can be taken back.
web-grid-preview = What would change
    .help = Nothing is written yet. What cannot be taken comes first: correct it here and check again; what can be taken may be written at once.
web-grid-saved = Written
    .help = What was written is saved on this machine and can be taken back as one. What was not is listed below; nothing is lost.
web-grid-open = Edit as a grid
web-grid-records = Change records there are
web-grid-add = Enter for the whole class
web-grid-back = Back to the list
web-grid-show = Show
web-grid-first = { $value ->
    [one] The first row is shown
   *[other] The first { $value } rows are shown
}; choose a class or filter.
web-grid-tools = Filling in
web-grid-fill = Fill down
web-grid-unfill = One step back
web-grid-set = Set, in marked rows,
web-grid-as = to
web-grid-set-go = Fill in
web-grid-step = For marked rows
web-grid-step-go = Look first
web-grid-mark = Mark
web-grid-mark-all = Mark all
web-grid-marked = Marked
web-grid-drop = Discard all
web-grid-changes = What will be written
web-grid-paste = Paste a block (works without scripts)
web-grid-paste-hint = Select and copy in Excel or WPS, paste below. If the first line is a head, columns are matched by it, and rows to children by a column "Name"; without a head the block starts at the row and column chosen.
web-grid-block = What was copied
web-grid-at-row = From row
web-grid-at-column = and column
web-grid-look = Look first
web-grid-new-row = new
web-grid-keys = Keys: arrows move, typing or F2 edits, Enter goes down, Tab right, Esc discards, Ctrl+V pastes, Ctrl+D fills down, Shift+arrows select, Delete clears, Ctrl+S saves.
web-grid-count-new = { $value } new
web-grid-count-cells = { $value ->
    [one] 1 cell changes
   *[other] { $value } cells change
}
web-grid-count-step = { $value } can be done
web-grid-count-refused = { $value } refused
web-grid-beside = Columns on the right without a place: { $value }
web-grid-column = column { $value }
web-grid-js-added = Rows beyond the grid, as new rows: { $value }
web-grid-nothing = As it stands already: nothing to write.
web-grid-apply = { $value ->
    [one] Write the one row that can be taken
   *[other] Write the { $value } rows that can be taken
}
web-grid-again = Check again
web-grid-to-grid = Back to the grid
web-grid-moves = From what to what
web-grid-wrong = Refused, and why
web-grid-done = { $value ->
    [one] 1 row written
   *[other] { $value } rows written
} and saved on this machine.
web-grid-js-changed = { $value } changes
web-grid-js-bad = { $value } refused
web-grid-js-none = No changes
web-grid-js-saved = Rows written and saved on this machine: { $value }
web-grid-js-lost = It did not arrive; nothing is lost. See that the service runs, then save again.
web-grid-js-filled = Cells filled in: { $value }
web-grid-js-theirs = Use mine
web-grid-js-take = Keep theirs
web-grid-js-checking = Checking…
web-grid-js-row = row { $value }
web-grid-js-unplaced = Pasted { $value }: not put into the grid. Filter otherwise, or paste with record ids.
web-grid-js-unmarked = Mark some rows first.
web-grid-js-undo = Undo this batch
web-grid-js-in-all = {" "}and more, { $value } rows in all
web-grid-step-files = For this step each record needs its own "{ $value }", which cannot be handed in here for all. { $count } below are without: open each, send the file, then come back and take the step for all.
web-undo = Taken back
    .help = Taking back is a change too and is sent to the county. The trail keeps both.
web-undo-do = Undo what was just done
web-undo-done = { $value ->
    [one] 1 record taken back
   *[other] { $value } records taken back
}.
web-undo-kept = { $value ->
    [one] 1 was touched by somebody since and is kept
   *[other] { $value } were touched by somebody since and are kept
}:
web-undo-back = Go on
web-undo-why-changed = changed by somebody since
web-undo-why-step = a step was taken since, and steps are not taken back
web-undo-why-records = this child has records by now
web-undo-why-closed = the document is closed
web-undo-why-another = another like it has been opened since; make that one void first, then let this one stand again
web-undo-why-sealed = it is signed by now, and what is signed stands
web-grid-lost = These columns of the pasted table have no place here and will not be written: { $value }. To write them, name the column as the grid does and paste again.
web-grid-count-asked = { $value } to confirm
web-grid-waits = To confirm
web-grid-sure = Checked: write it all the same
web-grid-apply-with = Write the { $value } good rows and those ticked
web-grid-apply-sure = Write the rows ticked
web-grid-js-asks = { $value } to confirm (see below)
web-grid-sure-all = All { $value } to confirm are checked: write them all the same
web-grid-js-sure-all = All to confirm are checked: write them all the same
web-grid-js-sure = Checked: write it all the same
web-grid-row-alike = An earlier row is similar { $within } ({ $value }); this row is not written yet.
    .next = Empty this row if it is one too many; if there are two, tick it and write.
web-grid-row-twice = An earlier row says exactly the same ({ $value }); this row is not written yet.
    .next = Empty this row if it is one too many; if there are two, tick it and write.
grid-twice = More than one pasted row is about “{ $ref }”, and the grid has one record: this row has no place.
    .next = To add records, begin the paste in the empty last row, or open “Enter for the whole class” anew and paste there; to change another record, paste its column “Record id” along (an exported table has it).
grid-pattern = "{ $title }" is not written as it should be: "{ $text }". { $help }
grid-several = Several rows of the grid belong to "{ $ref }"; which one is meant is not said.
    .next = To add records, begin the paste in the empty last row, or open "Enter for the whole class" anew and paste there; to change one that is there, paste with a column "Record id" (an exported table has it), or without a head, starting at the row you mean.
grid-no-row = A record id is given, but that record is not in the grid.
    .next = Choose another class or filter so that the record is shown, then paste again.
grid-no-child = This row does not say which child it is about.
    .next = Write the child's name, student number or identity number in "Name".
grid-child-near = No child in your classes is called "{ $ref }". Alike: { $list }.
    .next = Correct the name, or write the student or identity number.
grid-child-none = No child in your classes is called "{ $ref }" or has it as a number.
    .next = Check the name, or write the student or identity number.
grid-child-several = There are { $count } called "{ $ref }": { $list }.
    .next = Write the student or identity number in this cell.
web-grid-identity = This changes who the child is: { $value }. Is it still the same child?
    .next = If it is the same child and was written wrongly, tick it and save; if not, put these cells back.
web-grid-number-other = The student number "{ $now }" does not fit the child's document number "{ $value }" (a student number is G and the document number).
    .next = Check both numbers; if they are right, tick it and save.
web-grid-number-taken = { $title } "{ $value }" is another child's already.
    .next = Check the number; if two children have each other's, empty one and save, then correct the other.
web-grid-lacking = New child, not filled yet: { $value }.
    .next = Fill it and save; if it is not known now, tick it and save.
grid-namesakes = More than one child is called "{ $ref }"; which one is meant is not said.
    .next = Paste with a column "Student number" or "Document number".
grid-differ = Name and numbers of this row are not one child's: "{ $ref }".
    .next = Check name, student number and document number, correct them and paste again.
grid-away = "{ $ref }" is not in the grid.
    .next = Check the name or number; for a child of another class choose that class and paste again.
web-grid-js-unplaced-why = Pasted { $value } not put into the grid:
web-grid-left-way = Rows that were not placed stay under "Paste a block" below; paste them again as said above.
web-grid-js-left = Rows that were not placed stay under "Paste a block" below; correct them and paste again.
web-grid-js-look = See the changes first ({ $value })
web-grid-js-write = Write these changes ({ $value })
web-class-new = { $grade } has no class { $class } yet. Is it meant?
    .next = Correct it if it is a slip; if the class is new, save once more (in the grid: tick it).
grid-none-marked = There are no rows to work on.
    .next = Mark some rows, or paste a block, and try again.
grid-step-file = There is no "{ $titles }" yet, which this step asks of each record.
    .next = Open the record, send it, then come back and take the step for all.
grid-unreadable = What the page sent cannot be read: { $detail }
    .next = Load the page again and retry.
web-giveback-row = Row { $value } of the file:{" "}
web-giveback-row-added = Row { $value }, added to the workbook given back:{" "}
web-import-asks = Please check before it is written:
web-import-meant = Checked: write it like this
web-import-asked = Not written: row { $value } has not been checked yet.
    .next = Go back, check, tick "Checked", and write again.
web-import-refused-kept = { $value ->
    [one] The row refused is kept
   *[other] The { $value } rows refused are kept
}, see "Rows given back" below.
web-import-same = Unchanged
web-import-waiting = Rows given back
web-import-waiting-help = Download, correct the cells marked red where they stand, save, and send the file again as it is; what was taken is not doubled. Only you see this; it goes after 14 days.
web-import-forget = Not needed
web-import-exported = (exported { $value })
web-import-both = { $value ->
    [one] 1 cell changed on both sides
   *[other] { $value } cells changed on both sides
}
web-import-both-help = Some cells were changed in the file and by somebody here since the export. Unless you choose, what is here stays.
web-import-was = At export: { $value }
web-import-here = Keep what is here
web-import-file = Take the file's
web-import-apply-both = Write as chosen
web-import-left-out = { $value ->
    [one] 1 record of the export is not in the file; nothing happens to it
   *[other] { $value } records of the export are not in the file; nothing happens to them
}.
web-import-baseless = The file does not carry the values of the export (it may have been saved in another form), so who changed a cell last cannot be told: look at each cell before writing.

# ── photos and scans ──
web-blob-here = Saved on this machine
web-blob-received = The county has received it
web-blob-saved = Saved on this machine, waiting to be sent
web-blob-sending = Being sent, { $value } %
web-blob-stopped = Saved on this machine, { $value } % sent; it goes on when there is a link
web-blob-coming = On its way from the county, { $value } %
web-blob-asked = Not here yet; the county was asked for it
web-blob-thumbnail = Only the small picture is here; open it to ask the county for it
web-blob-away = Not here yet; open it to ask the county for it
web-files-of = Photos and scans
web-files-none-yet = No photos or scans yet.
web-files-add = Add photos or scans
web-files-save = Save the chosen files
web-files-sending = Sending the files
web-files-hint = A phone can take it at once; a photo (JPEG, PNG, WebP) or a scan (PDF) of at most { $mib } MB. The position in a photo is removed.
web-files-hint-several = A phone can take them at once, and several can be chosen; photos (JPEG, PNG, WebP) or scans (PDF) of at most { $mib } MB each, { $free } more. The position in a photo is removed.
web-files-there = There already: { $value }.
web-files-replaces = There already: { $value }; another one takes its place, and the trail keeps the old one's name.
web-file-named = { $value }:{" "}
web-files-refused = Not taken: { $value } of the files. Everything else is saved.
    .next = Do what is said for each, then choose it again under "Add photos or scans".
web-files-refused-form = Not taken: { $value } of the files. Those that were taken need not be chosen again.
    .next = Correct the form and save it; choose another file for what was not taken, or leave it out for now.
web-files-none = No file was chosen.
    .next = Choose photos or scans first, then save.
web-files-many = At most { $most } files at once.
    .next = Save these, then add the rest.
web-files-gone = A file taken earlier waits no longer (this machine started anew, or it was too long ago).
    .next = Choose that file again.
web-files-twice = This file is in the record already.
    .next = It need not be added again; if it was the wrong one, choose another.
web-files-full = This record holds at most { $most } such files, and they are all there.
    .next = Remove one that is not needed, or make another record.
web-files-nowhere = This record has no place for the file.
    .next = Load the page again and choose it once more.
web-files-added = Files saved on this machine: { $value }. They are sent when there is a link.
web-file-none = This record has no such file, or it is not here yet.
    .next = See the state of its files on the record's page.
web-file-remove = Remove
web-file-remove-sure = Remove { $value } from this record? Its name stays in the trail.
web-file-removed = The file was removed from this record; its name stays in the trail.
web-file-asked = The file is not on this machine; the county was asked for it. It comes by itself when there is a link: open it again in a while.
web-doctor-clock-behind =
    .page = Check every date you write, and tell whoever looks after this machine: its clock must be set.
web-doctor-clock-ahead =
    .page = Check year, month and day before you write; if they are wrong, tell whoever looks after this machine: its clock must be set.
web-profile-name =
    .page = Fill in the child's name and save again.
web-blob-large =
    .page = Take the photo at a lower resolution, or scan in grey, then choose it again.
web-blob-type =
    .page = Choose a photo or a PDF; save anything else as PDF first. Another file name does not help: the content counts.
web-blob-quota =
    .page = The record itself is saved. Tell the registrar: the room may be made larger if the county agrees.
web-blob-disk =
    .page = The record itself is not concerned. Tell the administrator: this machine's disk may be full; then choose the file again.
web-files = Room for photos
    .help = Photos and scans lie encrypted on this machine and go to the county when there is a link. You see here in time when the room gets tight.
web-files-room = Photos and scans
web-files-used = Used
web-files-count = Files here
web-files-waiting = Waiting for the county
web-files-largest = Largest file
web-files-nearly-full = The room is nearly used up: once full, photos are refused; records are not concerned. Ask the county for more.
web-files-limits = Whoever looks after this machine makes it larger:
web-sync-long = Saved on this machine; { $value }
web-long-records-out = sending: { $done } of { $of } changes
web-long-records-in = receiving from the county: { $done } of { $of } changes
web-long-files-out = sending photos: { $done } of { $of }, { $percent } %
web-long-files-in = photos coming from the county: { $done } of { $of }, { $percent } %
web-sync-records-received-live = Saved on this machine; the county has received all records, { $files ->
    [one] 1 photo waits
   *[other] { $files } photos wait
} to be sent; connected.
web-sync-records-received = Saved on this machine; the county has received all records, { $files ->
    [one] 1 photo waits
   *[other] { $files } photos wait
} to be sent (last contact { $at }); not connected now.

# Sentences of the command line, as pages say them: no codes, no commands.
web-ledger-step-missing = {""}
    .said = Still to be filled in: { $titles_en }.
    .page = Fill in what is marked red below, and press again.
web-ledger-value-pattern = {""}
    .said = "{ $title_en }" is not written as it should be: "{ $text }". Write it as the note beside the field says.
    .page = Correct the field marked in red as its note says, and press again.
web-ledger-value-option = {""}
    .page = Choose one of those listed.
web-ledger-step-none-from-here = {""}
    .said = It is "{ $state_en }" now, where this step is not taken, and no step is the school's turn.
    .page = Wait for the other side; what is closed needs nothing more.
web-ledger-step-schools = {""}
    .said = This step is the school's.
web-ledger-step-countys = {""}
    .said = This step is the county's.
    .page = Wait for the county; the result shows here once there is a link.
web-ledger-step-others = {""}
    .said = This step is the other school's.
web-ledger-step-early = {""}
    .said = This step can be taken from { $earliest }; the days laid down are not over.
web-ledger-step-not-from-here = {""}
    .said = It is "{ $state_en }" now, where this step is not taken; possible: { $titles_en }.
    .page = Open the record and take one of the steps listed.
web-record-none = {""}
    .page = Open it again from "Ledgers" or "Children".

# Cases, monthly report, notices, aid: words of the record, its steps and its figures.
web-by-itself = the system, by a rule
web-by-rule = Opened by a rule
web-carried-on = Carried on from last year when the new school year opened

# ── import: whose file it is ──
web-import-auto = As the file says
web-import-auto-help = A workbook exported or given back here is recognised; any other file is taken for a roster of children, so choose if it is a ledger.
web-import-auto-help-own = A workbook exported or given back here is recognised; for a table of your own choose its ledger. Only rows about children of your reach are taken.
web-import-by = By
web-import-doubt = Perhaps this roster is not this school's:
web-import-this-school = I have looked: it is this school's roster
web-import-recognised = Recognised: a workbook of "{ $value }", to be imported there.
web-import-chosen = You chose "{ $value }",{" "}
web-import-other-target = but this is a workbook of "{ $value }": it goes there instead. Look before you write.
web-import-year = It is a workbook of the school year { $value }; new rows in it go to that year too.
web-import-as-roster = Nothing was chosen, so it was read as a roster of children; if it is a ledger, go back, choose it and send the file again.
web-import-remarks = Taken, but please look at these:
web-import-which = Whether this is a roster, or which ledger, cannot be told from the file.
    .next = Choose it under "Into" and send the file again; its head needs a name column or the ledger's titles.
web-import-not-yours = This is a workbook of "{ $value }", which is not yours to import.
    .next = Hand it to the registrar, or take another file.
web-import-other-ledger = An exported workbook
    .said = This workbook was not exported from where it was to go.
    .page = Choose "As the file says" and send it again.
web-roster-other-school = Not like this school's roster
    .page = Go back to the preview, tick "it is this school's roster" and write; or take another file.

# Accounts: classes as people write them.
web-own-classes-typed = A class not among these
web-own-classes-typed-hint = A class that is not in the roster yet: Grade 3 class 2, 三(2)班 or 3.2; several with a comma between.
web-class-empty = not in the roster
web-person-saved = The account of { $value } is saved.
account-class-empty = Nobody in this year's roster is in { $value }.
    .next = If the class is right, leave it ticked below and press once more; if not, take the tick off and tick the right one.

# Disagreements: who, when, where.
web-where-here = on this machine
web-where-ours = on another machine of this school
web-where-county = at the county
web-where-school = on a machine of school { $value }
web-where-rule = written by a rule
web-who-unknown = nobody is named

# A form of a record with a field in dispute.
web-held = Two people wrote this differently, and it awaits a choice. Saving other fields here leaves it alone.
web-held-settle = Choose under Disagreements
web-held-typed = what you typed just now, not saved
web-field-held = “{ $value }” came into dispute after you opened this form; it was not changed.
    .next = The other fields still stand here and can be saved; choose this one under Disagreements.

# The ledgers there are.
web-ledgers-find = Find a ledger
web-ledgers-find-hint = part of its title
web-ledgers-none = There is no such ledger.
web-ledgers-all = All ledgers
web-ledgers-lately = Written in lately
web-ledgers-common = Of all sections
web-ledgers-machinery = Behind the scenes (the county's system)
web-ledgers-machinery-hint = The county's system reads and writes these by itself; there is nothing to do here.

# After “save and another”: what was saved, by name.
web-saved-named = Saved on this machine: { $value }. Here is the form for the next one.
web-saved-named-gaps = {" "}{ $value } things are still missing and can be filled in later.

web-saved-lacks = Saved on this machine. What is still missing is listed below and can be filled in later.
web-saved-lacking = Saved on this machine. Still missing: { $value }. It can be filled in later.
web-lacks = Still missing
web-lacks-now = Due now: { $value }.
web-lacks-step = For the next step, "{ $step }": { $value }.
web-lacks-more = { $names } and { $value } more
web-school-outside = The county's list has no "{ $value }": it is kept as a school outside the county. If it is in the county, choose it from those listed.
web-check-asked = Something looks wrong; nothing is saved yet.
    .next = Mend it and save; if it is meant, save once more (in the grid: tick it).
web-form-gaps = With this some particulars are needed; nothing is saved yet.
    .next = Fill in what is marked and save; what is not known yet may wait: save once more.
web-field-gap = "{ $title }" is empty.
    .next = Fill it in and save, or save once more.
web-left-from-before = { $from } is changed, and "{ $title }" still says "{ $value }", as it was before.
    .next = Correct it or empty it; if it still holds, save once more.
web-unlike-file = In the child's file "{ $title }" is "{ $value }"; here it is something else.
    .next = Mend it here, or the file first if that is out of date; if it is meant, save once more (in the grid: tick it).
web-others = Others (not for this child or date)
paper-about-only = This ledger is about children with "{ $value }", and only theirs are here; { $count ->
    [one] 1 other child has
   *[other] { $count } other children have
} none.
paper-about-all = Print one for every child
# What arrives too slowly, or all at once
web-upload-slow = What was sent came too slowly and was given up; nothing was saved.
    .next = Go nearer to the wireless router, or choose fewer photos at a time, and send it again.
web-uploads-busy = Several people are sending files at this moment, and this machine takes only so much at once; nothing of yours was saved.
    .next = Try again in a moment.

# Taking back what is long written
web-undo-old = What was just written can be taken back for { $value } hours; this was longer ago.
    .next = Open the record and correct it; its trail shows what stood there before.

# A form sent from a page that was locked or logged out.
web-kept = What you typed is still here: once you give your password it is saved, and nothing has to be typed again.
web-kept-files = The files chosen with it could not be kept: please choose them again once it is saved.
web-kept-none = The file that was chosen cannot be kept: after your password you are back on its page, please choose it once more.

# The first start: which of the two answers is wrong.
desk-wizard-wrong-hub = Look here: check it against what the county sent.
desk-wizard-wrong-token = Look here: check it against what the county sent.
desk-wizard-hub-well = Nothing was found wrong with the address.
desk-wizard-token-well = The token is copied rightly, and not used up.

# The trail of a record.
web-who = Who
web-trail-what = What
web-trail-made = Record made
web-trail-void = Voided:
web-trail-unvoid = No longer void
web-trail-undone = the saving that wrote it was taken back
web-trail-step = Step “{ $value }”:
web-trail-settled = disagreement settled
web-trail-redate = Date of “{ $value }” corrected:
web-trail-step-corrected = date corrected later
web-redate = Wrong date? Correct it
web-redate-which = Which step
web-redate-day = The right date
web-step-why-missing =
    .page = Write why, and press again.
web-fixed = Stands as it is while the record is "{ $value }".
web-fixed-steps = Take a step back on the record's page first
web-day-of-step = The day of the step "{ $value }": it is corrected along with the step.
web-redate-do = Correct the date
web-trail-step-void = without effect
web-trail-step-forked = disputed
web-trail-step-unjudged = cannot be judged yet
web-trail-step-witness = taken in two places alike
web-trail-passed = not chosen
web-trail-hidden = { $value } more that you may not see
web-trail-import = imported from “{ $value }”
web-trail-grid = filled in as a grid
web-trail-older = { $value } older edits are not listed.
web-trail-all = List all

# What awaits a choice, wherever a value is shown; records referred to.
web-pending = to be settled: { $value }
paper-not-yet = { $value }: "{ $step }" is still to come
paper-unsettled = disputed, not settled
web-not-here = (not on this machine yet)

# A child's page: what is open.
web-next-state = Next: { $value }
web-missing = Still empty: { $value }
web-also-lack = { $value } more with the same empty
web-not-whole = Records with empty fields

# Lists and steps on paper.
paper-sheet-of = Sheet { $value } of { $count }
paper-copy-of = Copy { $value } of { $count }
paper-printed-on = Printed on { $value }
paper-step = Step
paper-by = By
paper-why = Reason
paper-begun = Begun

# Reports: found, asked, printed.
web-reports-find = Find a report
web-reports-find-hint = part of the title
web-reports-no-fit = There is no such report.
web-reports-all = All reports
web-report-own-classes = Only children of your own classes.
web-report-child = Choose a child first
web-report-child-other = Another child
web-report-total = Total
web-sum-left = { $title }, less what came back: { $value }.
web-sum-states = The total counts only: { $value }.
web-report-all-years = all school years

# Somebody else corrected the same field while the form was open.
web-child-there-away = A child of another class of this school has this document number; no second one was made.
    .next = Correct the number if it was copied wrongly; if not, ask the registrar to check.
web-child-alike-away = A child of another class has the same name and date of birth; nothing is saved yet.
    .next = It may be the same child: ask the registrar first. If it is another child, save once more.
# A record of the wrong child.
web-again = Write it again for another child
web-again-why = Written for the wrong child
web-again-ask = The wrong child? This record is made void; you then choose the right child, and what it says is filled in.
web-again-do = Void it and write it for another child
web-again-whom = Choose the right child: what the record said is filled in, to be checked and saved. Files have to be chosen again.
web-again-proposed = Filled in as the other record says; nothing is saved yet. Check that this is the child.
web-arrived-proposed = What the former school knew is filled in: check it, choose the class, and save.
web-former = Records of the former school (read-only)
web-child-void = Make this file void
web-child-void-means = Only for a file made by mistake or twice: none of the child's records counts in lists and reports any more; the trail stays, and it can be undone. A child that left is not made void: change its enrolment status.
web-child-voided = This child's file was made void.
web-asked-not-about = In the file of { $value }, "{ $title }" says no. Nothing was saved.
    .next = The wrong child? Choose another one. If it belongs into "{ $ledger }" all the same, save once more (in the table: tick it).

web-asked-outside = “{ $value }” is not in the county's list and would be taken for a school outside the county; nothing is saved yet.
    .next = If it is outside the county, save once more; if not, choose it from the list.
web-asked-half = The county's list has no “{ $value }”; nothing is saved yet. Is it one of: { $names }?
    .next = If so, choose its full name. If it is a school outside the county, save once more.
web-class-not-yours = This class is not yours; nothing was saved.
    .next = Enter one of your own classes; other classes are entered by their class teachers or the registrar.
web-child-there = A child with this document number is on file here; no second one was made.
    .next = If it is this child, open the name below and correct it there, a new name too. If it is another child, check the number; until it is clear, choose “None” as document type.
web-child-alike = A child of this name and date of birth is on file here; nothing is saved yet.
    .next = If it is the same child, open the name below and correct it there. If it is another child, press save once more.
web-record-twice = The same was recorded a short while ago ({ $value }); nothing more is saved yet.
    .next = Open it below and check. If there is to be another one, press save once more.
web-record-alike = There is a similar record { $within } ({ $value }); nothing is saved yet.
    .next = Open it below and check; what is to be changed is changed there. If there really is another one, press save once more.
web-within-day = of the same day
web-within-term = this term
web-within-year = this school year
web-within-open = among those that are not over
web-reset-already = The password of { $value } was reset a moment ago and not changed again: the one-time password shown then holds.
    .next = If it was not written down, press “Reset password” once more.
web-choose-one = One value is chosen and another typed beside it: which is meant cannot be told, and nothing is saved yet.
    .next = To take the chosen one, delete what is typed; to take what is typed, choose “Type a third value”.
web-newer = While you were typing, somebody else changed the same field; nothing is saved yet.
    .next = See beside it what stands there now: to keep yours, press save once more; to keep theirs, write that.
web-field-newer = “{ $title }” now is “{ $value }” ({ $who }).
    .next = To keep yours, press save once more; to keep theirs, write that.

# The disk or the database does not take what was sent: what whoever sits at the page can do.
web-store-full =
    .page = What you typed still stands in this form, so leave it open. Ask whoever looks after this computer to free some disk space, then save again; nothing saved before is lost.
web-store-write =
    .page = What you typed still stands in this form, so leave it open. Ask whoever looks after this computer to look at the disk and its limits, then save again; nothing saved before is lost.
web-store-read-only =
    .page = What you typed still stands in this form, so leave it open. Ask whoever looks after this computer whether the disk became read-only, and about the rights of the data directory, then save again; nothing saved before is lost.
web-store-busy =
    .page = What you typed still stands in this form. Wait a moment and save again; if it persists, ask whoever looks after this computer to close the backup or virus scanner that holds the database.
web-store-corrupt =
    .page = Copy what you typed by hand and write nothing new. Ask whoever looks after this computer to read the page “This machine”; what the county received is safe there.
web-store-other =
    .page = What you typed still stands in this form. Save again; if it persists, ask whoever looks after this computer to read the page “This machine”; nothing saved before is lost.

# An import of which nothing can be taken.
roster-is-the-countys = This looks like "{ $value }", which the county keeps and no school imports: hand it to the county's office for it. To import children, choose this school's roster with grades and classes.
roster-is-a-ledger = This looks like "{ $value }" and is no roster: choose another file, and that ledger with it.
import-alike = { $value } rows: { $why }
