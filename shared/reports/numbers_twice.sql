-- +++
-- name = "numbers_twice"
-- question = 5
-- title = { zh = "重号的劝返通知书", en = "Return notices with the same number" }
-- help = { zh = "同一所学校里编号相同的劝返复学通知书，每份一行。两台电脑没有联网时可能给出同一个编号：改掉其中一份。作废的不算。", en = "Return notices of one school that have the same number, a line each. Two machines without a link may give the same one: change one of them. Void ones do not count." }
-- ledgers = ["return_notice"]
-- indexes = [
--   'record_return_notice(_school, number, void)',
-- ]
-- parameters = [
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "number", type = "text", title = { zh = "文号", en = "Number" } },
--   { code = "student", type = "student", title = { zh = "学生档案", en = "Child" } },
--   { code = "name", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "issued_on", type = "date", title = { zh = "签发日期", en = "Issued on" } },
--   { code = "by", type = "text", title = { zh = "填写人", en = "Entered by" } },
-- ]
-- +++
SELECT n._school AS school, n.number AS number, n._student AS student, e.name AS name, n.issued_on AS issued_on, n."by" AS "by"
FROM record_return_notice n
LEFT JOIN record_enrolment e ON e._doc = n._doc
WHERE n.number <> '' AND (n._school, n.number) IN (SELECT _school, number FROM record_return_notice GROUP BY _school, number HAVING count(*) > 1)
ORDER BY n._school, n.number, n._id
