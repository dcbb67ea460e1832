-- +++
-- name = "schools_not_heard"
-- question = 5
-- title = { zh = "多日没有联系的学校", en = "Schools not heard from" }
-- help = { zh = "县级平台最近若干天没有收到任何联系的学校，时间最久的在前；从未联系的日期为空。数据截至：该校在此之前的数据都已收到。", en = "Schools with which the county had no contact for so many days, the longest first; never: no date. As of: everything the school had before that has been received." }
-- ledgers = []
-- parameters = [
--   { name = "school" },
--   { name = "days", type = "int", default = "7", title = { zh = "天数", en = "Days" } },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "stage_of_school", type = "text", title = { zh = "办学类型", en = "Kind of school" } },
--   { code = "township", type = "text", title = { zh = "镇街", en = "Township" } },
--   { code = "last_contact", type = "date", title = { zh = "最近联系", en = "Last contact" } },
--   { code = "as_of", type = "date", title = { zh = "数据截至", en = "As of" } },
--   { code = "days_since", type = "int", title = { zh = "距今天数", en = "Days since" } },
-- ]
-- +++
SELECT code AS school, stage AS stage_of_school, township AS township, last_contact AS last_contact, as_of AS as_of,
       CAST(julianday(:today) - julianday(substr(last_contact, 1, 10)) AS INTEGER) AS days_since
FROM school
WHERE last_contact IS NULL OR substr(last_contact, 1, 10) < date(:today, '-' || :days || ' days')
ORDER BY last_contact, code
