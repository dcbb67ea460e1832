-- +++
-- name = "roll_against_file"
-- question = 4
-- title = { zh = "点名已转出或休学、学籍仍在校", en = "Gone by the roll, at school by the file" }
-- help = { zh = "最近 60 天里最后一次点名为已转出或休学，而学籍状态仍是在校的学生。是真的就改学籍状态（转出的先办转学），点错的就改点名。正在从本校转出的不列：转学办完，学籍由县里转接。", en = "Children whose last mark of the roll in the last 60 days says transferred or on leave of absence while their file says at school. If it is so, correct the file (a transfer first for who moves); if not, the roll. Who is being transferred from this school is left out: the county moves the register once that is done." }
-- ledgers = ["enrolment", "dropout_check", "transfer"]
-- by_class = true
-- indexes = [
--   'record_dropout_check(_doc, "on", _at, _id, state, void)',
-- ]
-- parameters = [
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "student", type = "student", title = { zh = "学生档案", en = "Child" } },
--   { code = "name", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "grade", type = "int", title = { zh = "年级", en = "Grade" } },
--   { code = "class", type = "int", title = { zh = "班级", en = "Class" } },
--   { code = "mark", type = "choice", options = "dropout_check.state", title = { zh = "点名", en = "Roll" } },
--   { code = "since", type = "date", title = { zh = "自", en = "Since" } },
-- ]
-- [today]
-- title = { zh = "点名与学籍不符，请核对", en = "Roll and file disagree" }
-- order = 45
-- ledger = "enrolment"
-- writers = true
-- text = ["name", "class", "mark"]
-- date = "since"
-- date_says = "since"
-- open = "/child/{student}"
-- act = "/record/{student}/edit?status={mark}&status_on={since}"
-- act_title = { zh = "改学籍状态", en = "Correct the file" }
-- +++
WITH marks AS (
  SELECT d._doc, d._school, d._student, d.state, d."on",
         row_number() OVER (PARTITION BY d._doc ORDER BY d."on" DESC, d._at DESC, d._id DESC) AS nth
  FROM record_dropout_check d
  WHERE d."on" >= date(:today, '-60 days')
)
SELECT m._school AS school, m._student AS student, e.name AS name, e.grade AS grade, e.class AS class, m.state AS mark,
       -- The first of the marks that say so, one after the other.
       (SELECT min(f."on") FROM record_dropout_check f WHERE f._doc = m._doc AND f.state = m.state
        AND f."on" > coalesce((SELECT max(p."on") FROM record_dropout_check p WHERE p._doc = m._doc AND p.state <> m.state), '')) AS since
FROM marks m
JOIN record_enrolment e ON e._doc = m._doc AND e.status = 'present'
WHERE m.nth = 1 AND m.state IN ('transferred', 'suspended')
  -- Corrected by hand, the file would get ahead of the county's step, which moves it.
  AND NOT (m.state = 'transferred' AND EXISTS (SELECT 1 FROM record_transfer t WHERE t._doc = m._doc AND t."from" = m._school
                                               AND (t._state IS NULL OR t._state IN {{open transfer}})))
ORDER BY m._school, m."on", e.name, m._student
