-- +++
-- name = "absent_again"
-- question = 1
-- title = { zh = "个案未销号，又无故缺勤", en = "Absent again while the case rests" }
-- help = { zh = "失学个案还没有销号、但已不在核实和劝返（已复学、已排除、送教上门、已转学等），而在此以后又连续无故缺勤满规定天数，或又被报为疑似辍学，之后没有点名在校的学生。有未销号的个案时不会另立新案：打开个案，办“再次辍学”或“重新立案”。", en = "Children whose dropout case is not closed but no longer worked on (back at school, excluded, taught at home, transferred …), who since then were absent without reason for so many days, or were checked as suspected, and not present after it. Beside a case that is not closed no second one is opened: open the case and take Relapse or Re-open." }
-- ledgers = ["dropout_case", "dropout_check"]
-- by_class = true
-- indexes = [
--   'record_dropout_check(_doc, "on", _at, _id, state, void)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "school" },
--   { name = "days", type = "int", default = "3", title = { zh = "天数", en = "Days" } },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "student", type = "student", title = { zh = "学生档案", en = "Child" } },
--   { code = "name", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "grade", type = "int", title = { zh = "年级", en = "Grade" } },
--   { code = "class", type = "int", title = { zh = "班级", en = "Class" } },
--   { code = "days_absent", type = "int", title = { zh = "缺勤天数", en = "Days absent" } },
--   { code = "last_absent", type = "date", title = { zh = "最近缺勤日", en = "Last absent on" } },
--   { code = "state", type = "choice", options = "dropout_case.$state", title = { zh = "个案现状", en = "State of the case" } },
--   { code = "since", type = "date", title = { zh = "自", en = "Since" } },
--   { code = "record", type = "text", title = { zh = "记录", en = "Record" } },
--   { code = "step", type = "text", title = { zh = "步骤", en = "Step" } },
-- ]
-- [today]
-- title = { zh = "个案没有销号，学生又无故缺勤", en = "Absent again, and the case rests" }
-- order = 20
-- ledger = "dropout_case"
-- text = ["name", "class", "state", "days_absent"]
-- date = "last_absent"
-- date_says = "last"
-- open = "/record/{record}"
-- act = "/record/{record}#step-{step}"
-- act_title = { zh = "重新劝返或立案", en = "Take the case up again" }
-- +++
WITH resting AS (
  -- A case carried on from last year has its steps, and the day of its state, there.
  SELECT c._id, c._doc, c._school, c._student, c._state, coalesce(root._since, c._since, c."on") AS since
  FROM record_dropout_case c
  LEFT JOIN record_dropout_case root ON root._id = c.continues
  WHERE c._year = :year AND c._state IN {{open dropout_case}}
    AND c._state NOT IN ('suspected', 'verifying', 'confirmed', 'persuading', 'escalated', 'ordered', 'court')
    -- Another case of the child is worked on: somebody is at it.
    AND NOT EXISTS (SELECT 1 FROM record_dropout_case o WHERE o._doc = c._doc
                    AND o._state IN ('suspected', 'verifying', 'confirmed', 'persuading', 'escalated', 'ordered', 'court'))
),
marks AS (
  SELECT r.*, d."on" AS last_absent, d.days_absent,
         row_number() OVER (PARTITION BY r._doc ORDER BY d."on" DESC, d._at DESC, d._id DESC, r.since DESC, r._id DESC) AS nth
  FROM resting r
  JOIN record_dropout_check d ON d._doc = r._doc AND d."on" > r.since
   AND (d.state = 'suspected' OR d.state = 'absent' AND d.days_absent >= :days)
  WHERE NOT EXISTS (SELECT 1 FROM record_dropout_check p WHERE p._doc = d._doc AND p.state = 'present' AND (p."on", p._at, p._id) > (d."on", d._at, d._id))
)
SELECT m._school AS school, m._student AS student, e.name AS name, e.grade AS grade, e.class AS class,
       m.days_absent AS days_absent, m.last_absent AS last_absent, m._state AS state, m.since AS since, m._id AS record,
       CASE m._state WHEN 'returned' THEN 'relapse' WHEN 'home_taught' THEN 'relapse' ELSE 'reopen' END AS step
FROM marks m
JOIN record_enrolment e ON e._doc = m._doc AND e.closed_on IS NULL
WHERE m.nth = 1
ORDER BY m._school, m.last_absent, e.grade, e.class, e.name, m._student
