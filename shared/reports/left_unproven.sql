-- +++
-- name = "left_unproven"
-- question = 1
-- title = { zh = "离校或转出，没有就读证明", en = "Left without proof of another school" }
-- help = { zh = "本学年学籍状态为离校或转出，而没有外校就读证明（完成的转学、失学个案中的外校就读证明或转学、县里已封存转出的档案），也没有在办失学个案的学生：巩固率把他们算作流失。转学的办转学；找不到去向的立失学个案跟进；状态填错的改回来。", en = "Children of this year whose file says left or transferred, without proof of another school (a completed transfer, a letter or a transfer in a dropout case, a document the county closed for one) and without an open dropout case: the consolidation rate counts them as lost. Make the transfer, or open a case and follow it up; if the status is wrong, correct it." }
-- ledgers = ["enrolment", "dropout_case", "transfer"]
-- by_class = true
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "student", type = "student", title = { zh = "学生档案", en = "Child" } },
--   { code = "name", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "grade", type = "int", title = { zh = "年级", en = "Grade" } },
--   { code = "class", type = "int", title = { zh = "班级", en = "Class" } },
--   { code = "status", type = "choice", options = "enrolment.status", title = { zh = "学籍状态", en = "Status" } },
--   { code = "since", type = "date", title = { zh = "变动日期", en = "Since" } },
-- ]
-- [today]
-- title = { zh = "离校或转出没有就读证明，要跟进", en = "Gone without proof of another school" }
-- order = 44
-- ledger = "dropout_case"
-- writers = true
-- text = ["name", "class", "status"]
-- date = "since"
-- date_says = "since"
-- open = "/child/{student}"
-- act = "/ledger/dropout_case/new?student={student}&opened_by=teacher"
-- act_title = { zh = "立失学个案", en = "Open a case" }
-- +++
SELECT e._school AS school, e._student AS student, e.name AS name, e.grade AS grade, e.class AS class, e.status AS status, e.status_on AS since
FROM record_enrolment e
WHERE e._year = :year AND e.status IN ('left', 'transferred') AND e.closed_on IS NULL
  AND NOT EXISTS (SELECT 1 FROM record_dropout_case c WHERE c._doc = e._doc
                  AND (c.excluded_proof = 'other_school_letter' OR c._state = 'transferred' OR c._state IS NULL OR c._state IN {{open dropout_case}}))
  AND NOT EXISTS (SELECT 1 FROM record_transfer t WHERE t._doc = e._doc AND (t._state IS NULL OR t._state = 'done' OR t._state IN {{open transfer}}))
ORDER BY e._school, e.grade, e.class, e.name, e._student
