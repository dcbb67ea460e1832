# Imports: the whole file.

import-file-empty = The file is empty.
    .next = Open it, see whether the right one was saved, and import the right one.
import-file-too-large = The file is too large (limit { $limit } MiB) and was not read.
    .next = Copy only the sheet with the pupils into a new workbook, without photos and formatting, save it as .xlsx and import that.
import-too-many-rows = The table has more than { $limit } rows and was not read.
    .next = Copy the pupils' rows into a new workbook and import that; if there really are so many, split them into files by grade.
import-too-many-rows-in-sheet = Sheet “{ $sheet }” has more than { $limit } rows and was not read.
    .next = Copy the pupils' rows into a new workbook and import that; if there really are so many, split them into files by grade.
import-password = The workbook is protected by a password.
    .next = Open it in Excel or WPS, remove the password (File, Info, Protect Workbook, Encrypt with Password, clear it), save and import again.
import-unsupported = This is no table that can be imported; it is { $kind ->
        [html] a web page, whatever its name says
        [xlsb] a binary workbook (.xlsb)
        [ods] an OpenDocument table
        [document] a document or presentation
        [pdf] a PDF
        [picture] a picture
        [archive] an archive
       *[other] something unknown
    }.
    .next = { $kind ->
        [pdf] Ask for the Excel file it was made from, or type the list into a new table, save it as .xlsx and import that.
        [picture] Ask for the Excel file it was made from, or type the list into a new table, save it as .xlsx and import that.
        [archive] Unpack it and import the table inside.
       *[other] Open it in Excel or WPS, save it as “Excel workbook (.xlsx)” and import that.
    }
import-damaged = The file is damaged or incomplete.
    .next = Copy or download it again; if Excel or WPS can open it, save it as .xlsx and import that.
import-encoding = The text is neither UTF-8 nor GB18030.
    .next = Open it in Excel or WPS, make sure the characters are right, save it as .xlsx and import that.
import-quote = Row { $row } has a quotation mark without its partner, so that everything after it became one cell.
    .next = Add or remove the mark in row { $row }, save and import again; or save the table as .xlsx.
import-no-header = No header found: no row names “姓名” (name) and at least two more columns such as identity number and class.
    .next = Add a header row above the list: 姓名, 性别, 出生日期, 身份证件号, 年级, 班级; save and import again.
import-no-header-in-sheets = No header found: no row names “姓名” (name) and at least two more columns such as identity number and class. Sheets looked at: { $sheets }.
    .next = Add a header row above the list: 姓名, 性别, 出生日期, 身份证件号, 年级, 班级; save and import again.
import-no-rows = The header is in row { $row }, but no pupil stands below it.
    .next = Make sure the list is in the same sheet, below the header; save and import again.
import-formulas-only = Sheet “{ $sheet }” holds formulas without the values they came to.
    .next = Open it in Excel or WPS, copy everything, use “Paste special, values”, save and import again.
import-too-many-sheets = The workbook has more than { $limit } sheets.
    .next = Save the sheets to be imported as a file of their own and import that.
import-no-sheet = The file has no sheet “{ $name }”, only: { $sheets }.
    .next = Name one of them with --sheet, or leave --sheet out.

# Imports: why a row is rejected.

import-row-formula-no-value = “{ $column }” is a formula without the value it came to.
    .next = Open the file in Excel or WPS, copy the column, use “Paste special, values”, save and import again.
import-row-cell-error = “{ $column }” shows an error such as #N/A.
    .next = Type what belongs there.
import-row-cell-too-long = “{ $column }” is far too long.
    .next = See whether something was pasted into the cell by mistake.
import-row-name-missing = The name is missing.
    .next = Type the name, or delete the row if it is no pupil.
import-row-name-invalid = The name “{ $value }” has digits, brackets or lost characters in it.
    .next = Leave only the name; remarks belong in the column 备注 (note).
import-row-id-lost-digits = Excel took the identity number for a number; its last digits are lost for good.
    .next = Format the cell as text and type all 18 characters again from the household register.
import-row-id-lost-digits-found = Excel took the identity number for a number, its last digits are lost; the student number of the row holds a whole one, { $found }, which agrees with birth date and sex.
    .next = Check it against the household register, format the cell as text and type { $found }.
import-row-id-old-15-digits = The identity number is one of the old ones with 15 digits.
    .next = Type the number of 18 characters from the household register; leave it empty if there is none.
import-row-id-malformed = The identity number “{ $value }” has not 18 characters.
    .next = Correct it from the household register; for a passport or the like name the kind in 身份证件类型; leave it empty if there is none.
import-row-id-checksum = The check character of the identity number “{ $value }” does not fit: at least one character is wrong.
    .next = Correct it from the household register; leave it empty until it is known.
import-row-id-birth-invalid = The identity number “{ $value }” holds a birth date that does not exist.
    .next = Correct it from the household register; leave it empty until it is known.
import-row-id-missing = The kind of document needs a number, but there is none.
    .next = Type the number, or set the kind of document to 无 (none).
import-row-birth-missing = The birth date is missing, and there is no identity number to take it from.
    .next = Type the birth date, like 2014-09-02.
import-row-birth-invalid = The birth date “{ $value }” is not a date, or one that does not exist.
    .next = Write it as year-month-day, like 2014-09-02.
import-row-birth-future = The birth date { $birth } is after today.
    .next = Correct it from the household register.
import-row-birth-too-early = The birth date { $birth } is too early: a child's file takes { $earliest } and later.
    .next = Correct it from the household register.
import-row-birth-disagrees-with-id = The birth date { $birth } disagrees with { $id_birth } in the identity number.
    .next = Correct the wrong one from the household register.
import-row-sex-missing = The sex is missing, and there is no identity number to take it from.
    .next = Type 男 (male) or 女 (female).
import-row-sex-unknown = The sex “{ $value }” is not understood.
    .next = Type 男 (male) or 女 (female).
import-row-sex-disagrees-with-id = The sex is { $sex }, but { $id_sex } in the identity number.
    .next = Correct the wrong one from the household register.
import-row-grade-missing = The grade is missing.
    .next = Type the grade in its column, like 三年级, or the class as 三(2)班.
import-row-grade-unknown = “{ $value }” is no grade of a primary or secondary school.
    .next = Write 一年级 to 九年级 or 高一 to 高三; import kindergarten children from a table of their own.
import-row-grade-disagrees-with-class = The grade is { $grade }, but the class says { $class_grade }.
    .next = Correct the wrong one.
import-row-class-unknown = The class “{ $value }” has no number that can be read.
    .next = Write 2班 or 三(2)班.
import-row-boarding-unknown = “{ $value }” says neither boarder nor day pupil.
    .next = Type 寄宿 (boarder) or 走读 (day pupil).
import-row-duplicate-row = The same pupil ({ $name }) stands in row { $row }.
    .next = Delete the repeated row; row { $row } is imported.
import-row-id-used-twice = { $name } in row { $row } has the same identity number, but another name.
    .next = Correct one of them from the household register: keep one row if the child was renamed, correct the number if it is another child.

# Imports: remarks on accepted rows.

import-row-id-ends-in-zeros = The identity number ends in 000, which fits but is rare; please check it.
import-row-id-absent = No identity number: entered without a document, it can be added later.
import-row-taken-from-id = “{ $column }” was empty and was taken from the identity number.
import-row-student-number-disagrees = The student number { $value } disagrees with the identity number; both are kept, please check them.
import-row-student-number-odd = The student number “{ $value }” breaks the rule and was left out.
import-row-class-missing = The class is missing; please add it later.
import-row-class-was-date = Excel made a date of the class; it was read as { $value }, please check it.
import-row-boarding-assumed = Nothing stands under “boarder?”: entered as a day pupil, please check it.
import-row-grade-not-taught = The grade is { $grade }, but in the county's list this is { $stage ->
        [preschool] a kindergarten
        [teaching_point] a teaching point
        [primary] a primary school
        [junior] a junior secondary school
        [nine_year] a nine-year school
        [complete] a complete secondary school
        [senior] a senior secondary school
       *[other] a vocational school
    }, which has no such grade; please check it.
import-row-class-unusual = The class is { $class }, but the greatest number of the others is { $most }; please check whether it is a slip.
import-row-ethnic-unknown = The ethnic group “{ $value }” is not in the national standard and is kept as typed.
import-row-hardship-other = The hardship “{ $value }” is kept as “other” with its text.
import-row-allowance-rural = The subsistence allowance says neither town nor country; entered as rural, please check it.
import-row-relation-other = The relation “{ $value }” is kept as “other” with its text.
import-row-left-behind-unclear = “{ $value }” does not say whether the child is left behind; left empty.
import-row-care-kind = The kind “{ $value }” goes into the child's record in “{ $ledger }”.
import-row-care-kind-open = One parent is away, and whether the other can care for the child is not said: the record in “{ $ledger }” says “{ $value }” for now; please find out and correct it.
import-row-care-kind-kept = The roster says the kind is “{ $value }”, the record in “{ $ledger }” says “{ $there }” and keeps it; please check it.
import-row-phone-odd = The phone “{ $value }” has an unusual length and is kept as typed; please check it.
import-row-phone-first = The phone “{ $value }” holds more than a number; only the first number was taken.
import-row-phone-unreadable = The phone “{ $value }” holds no number; left empty.
import-row-school-differs = The school code { $value } is not this school's; make sure it is the right file.
import-row-age-unusual = { $age } years old at the start of the year, which is unusual for the grade; please check it.
import-row-maybe-same-child = The same name and birth date stand in row { $row }; please check whether it is the same child.
import-row-cell-left-out = “{ $column }” cannot be read and was left out.
import-row-value-left-out = "{ $column }" says "{ $value }", which is not understood and was not imported.
import-row-maybe-known-child = A child of this name, sex and birth date is on file without an identity number; please check whether it is the same.
import-row-known-child = No identity number; the child of this name, sex and birth date on file was updated; please check.

# Names of columns.

import-column-name = Name
import-column-name-former = Former name
import-column-sex = Sex
import-column-birth = Date of birth
import-column-ethnic = Ethnic group
import-column-id-type = Document type
import-column-id-no = Document number
import-column-student-no = Student number
import-column-stage = Stage
import-column-grade = Grade
import-column-class = Class
import-column-boarding = Boarding
import-column-hukou-kind = Kind of household registration
import-column-hukou-place = Place of registration
import-column-address = Present address
import-column-village = Village or neighbourhood
import-column-township = Township
import-column-categories = Hardship categories
import-column-registered-household = Registered household
import-column-household-card = Household number
import-column-left-behind = Left-behind child
import-column-guardian = Guardian
import-column-guardian-rel = Relation to the child
import-column-guardian-phone = Guardian phone
import-column-note = Note
import-column-school = School code
