-- +++
-- name = "marks_apart"
-- question = 1
-- title = { zh = "同一天点得不一样的学生", en = "Marked differently on one day" }
-- help = { zh = "最近 60 天里，同一天的点名有两次、状态不一样的学生：两台电脑没有联网时各点了一次。打开那天的点名重新点一次，以重新点的为准，另一次作废。", en = "Children who were marked twice on one day of the last 60, differently: two machines without a link each took the roll. Open the roll of that day and mark the child again: that counts, the other is made void." }
-- ledgers = ["dropout_check"]
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
--   { code = "one", type = "choice", options = "dropout_check.state", title = { zh = "一次", en = "One mark" } },
--   { code = "other", type = "choice", options = "dropout_check.state", title = { zh = "另一次", en = "The other" } },
--   { code = "day", type = "date", title = { zh = "日期", en = "Day" } },
-- ]
-- [today]
-- title = { zh = "两台电脑点得不一样，重新点一次", en = "Marked differently on two machines: mark again" }
-- order = 18
-- ledger = "dropout_check"
-- text = ["name", "class", "one", "other"]
-- date = "day"
-- date_says = "since"
-- open = "/roll/{grade}/{class}?on={day}"
-- act = "/roll/{grade}/{class}?on={day}"
-- act_title = { zh = "重新点", en = "Mark again" }
-- +++
WITH marks AS (
  SELECT d._doc, d._school, d._student, d."on" AS day, min(d.state) AS one, max(d.state) AS other
  FROM record_dropout_check d
  WHERE d."on" >= date(:today, '-60 days') AND coalesce(d.method, 'roll') = 'roll'
  GROUP BY d._doc, d."on"
  HAVING min(d.state) <> max(d.state)
)
SELECT m._school AS school, m._student AS student, e.name AS name, e.grade AS grade, e.class AS class, m.one AS one, m.other AS other, m.day AS day
FROM marks m
JOIN record_enrolment e ON e._doc = m._doc
ORDER BY m._school, m.day, e.grade, e.class, e.name, m._student
