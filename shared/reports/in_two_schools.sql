-- +++
-- name = "in_two_schools"
-- question = 4
-- title = { zh = "一人两校", en = "One child in two schools" }
-- help = { zh = "同一学年，同一身份证号在两所或以上学校的学籍状态都是在校。每份学籍一行，同一人的排在一起，组号相同。", en = "In one school year, one identity number at school in two or more schools. A line an enrolment; those of one child stand together under one number." }
-- scope = "county"
-- ledgers = ["enrolment"]
-- indexes = [
--   'record_enrolment(_year, id_no, _school, status, _doc, void)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "school" },
-- ]
-- columns = [
--   { code = "group_no", type = "int", title = { zh = "组号", en = "Group" } },
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "student", type = "student", title = { zh = "学生档案", en = "Child" } },
--   { code = "name", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "birth", type = "date", title = { zh = "出生日期", en = "Birth" } },
--   { code = "stage", type = "choice", options = "enrolment.stage", title = { zh = "学段", en = "Stage" } },
--   { code = "grade", type = "int", title = { zh = "年级", en = "Grade" } },
--   { code = "class", type = "int", title = { zh = "班级", en = "Class" } },
--   { code = "entered_on", type = "date", title = { zh = "入学日期", en = "Entered on" } },
-- ]
-- +++
WITH double AS (
  SELECT id_no, row_number() OVER (ORDER BY id_no) AS group_no
  FROM record_enrolment
  WHERE _year = :year AND status = 'present' AND id_no <> ''
  GROUP BY id_no
  HAVING count(DISTINCT _school) > 1 AND (:school IS NULL OR sum(_school = :school) > 0)
)
SELECT d.group_no AS group_no, e._school AS school, e._student AS student, e.name AS name, e.birth AS birth, e.stage AS stage, e.grade AS grade,
       e.class AS class, e.entered_on AS entered_on
FROM double d
JOIN record_enrolment e ON e._year = :year AND e.id_no = d.id_no AND e.status = 'present'
ORDER BY d.group_no, e._school, e._id
