-- +++
-- name = "child_twice"
-- question = 5
-- title = { zh = "可能重复的学生档案", en = "Children who may be on file twice" }
-- help = { zh = "同一所学校里姓名和出生日期都相同、都在校的学生档案，每份一行；两份都有证件号码而号码不同的不算。两台电脑没有联网时各建了一份的，打开多出来的那一份，点“作废这份档案”；确是两名学生的，补全证件号码。", en = "Files of children at one school with the same name and birthday, a line each; not where both have identity numbers that differ. If two machines without a link made one each, open the surplus one and make it void; if they are two children, fill in their identity numbers." }
-- ledgers = ["enrolment"]
-- parameters = [
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "student", type = "student", title = { zh = "学生档案", en = "Child" } },
--   { code = "name", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "birth", type = "date", title = { zh = "出生日期", en = "Date of birth" } },
--   { code = "grade", type = "int", title = { zh = "年级", en = "Grade" } },
--   { code = "class", type = "int", title = { zh = "班级", en = "Class" } },
--   { code = "id_no", type = "text", title = { zh = "证件号码", en = "Document number" } },
-- ]
-- [today]
-- order = 14
-- ledger = "enrolment"
-- writers = true
-- text = ["name", "class", "birth"]
-- open = "/child/{student}"
-- act = "/child/{student}"
-- act_title = { zh = "去核对", en = "Check" }
-- +++
-- Looked at once: who shares name and birthday with nobody, nearly all, costs no further look.
WITH there AS MATERIALIZED (
  SELECT _school, _year, _student, name, birth, grade, class, id_no, count(*) OVER (PARTITION BY _school, _year, name, birth) AS alike
  FROM record_enrolment
  WHERE status = 'present' AND name <> '' AND birth <> ''
)
SELECT e._school AS school, e._student AS student, e.name AS name, e.birth AS birth, e.grade AS grade, e.class AS class, e.id_no AS id_no
FROM there e
WHERE e.alike > 1
  AND EXISTS (SELECT 1 FROM there o
              WHERE o.alike > 1 AND o._school = e._school AND o._year = e._year AND o.name = e.name AND o.birth = e.birth AND o._student <> e._student
                AND (coalesce(o.id_no, '') = '' OR coalesce(e.id_no, '') = '' OR o.id_no = e.id_no))
ORDER BY e._school, e.name, e.birth, e._student
