-- +++
-- name = "aid_by_category"
-- question = 3
-- title = { zh = "受助学生：困难类别", en = "Aided children by category" }
-- help = { zh = "按学校和困难类别统计有批准申请的学生；类别取申请时的记录，一个学生可以属于几类，因此各类相加大于总数。金额为批准金额，同一学生每类都计。没有任何类别的列为空。", en = "Children with an approved application by school and category as recorded in it; a child can be in several, so the lines add up to more than the whole. Money is the amount approved, counted in each of them. No category: an empty one." }
-- chart = { kind = "bar", x = "category", y = ["persons"] }
-- ledgers = ["aid_application"]
-- indexes = [
--   'record_aid_application(_year, _state, _school, _term, programme, _doc, categories, registered_household, approved_amount, void)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "term" },
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "category", type = "choice", options = "aid_programme.category", title = { zh = "困难类别", en = "Category" } },
--   { code = "persons", type = "int", title = { zh = "人数", en = "Persons" } },
--   { code = "applications", type = "int", title = { zh = "申请", en = "Applications" } },
--   { code = "approved", type = "money", title = { zh = "批准金额", en = "Approved" } },
-- ]
-- +++
WITH approved AS MATERIALIZED (
  SELECT _school, _doc, approved_amount,
         trim(coalesce(categories, ''), '|') || CASE WHEN coalesce(registered_household, 'no') IN ('no', '') THEN '' ELSE '|registered' END AS codes
  FROM record_aid_application
  WHERE _year = :year AND _state IN {{counting aid_application}} AND (:term IS NULL OR _term = :term)
),
named AS MATERIALIZED (
  SELECT d.codes, j.value
  FROM (SELECT DISTINCT codes FROM approved) d
  JOIN json_each('["' || replace(trim(d.codes, '|'), '|', '","') || '"]') j
)
SELECT a._school AS school, nullif(j.value, '') AS category, count(DISTINCT a._doc) AS persons, count(*) AS applications,
       coalesce(sum(a.approved_amount), 0) AS approved
FROM approved a
JOIN named j ON j.codes = a.codes
GROUP BY a._school, j.value
ORDER BY a._school, j.value
