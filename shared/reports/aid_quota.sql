-- +++
-- name = "aid_quota"
-- question = 3
-- title = { zh = "资助名额与资金使用", en = "Aid: quota and money used" }
-- help = { zh = "按项目、学校、学期对照：下达名额、批准人数、发放人数，下达金额（减退回）与实发金额；社会捐助、结对和个人给的不算在内。使用率 = 批准人数 ÷ 名额。", en = "By programme, school and term: places given, children approved, children paid; money allotted (less what was returned) and paid, without what donors, pairing or private persons gave. Used = approved / places." }
-- ledgers = ["fund_allocation", "aid_application", "aid_payment"]
-- indexes = [
--   'record_aid_payment(_year, _school, _term, programme, _doc, amount, failed, refund_amount, channel, application, void, _id)',
--   'record_aid_application(_year, _state, _school, _term, programme, _doc, categories, registered_household, approved_amount, void)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "term" },
--   { name = "school" },
-- ]
-- columns = [
--   { code = "programme", type = "text", title = { zh = "资助项目", en = "Programme" } },
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "term", type = "term", title = { zh = "学期", en = "Term" } },
--   { code = "quota", type = "int", total = true, title = { zh = "名额", en = "Places" } },
--   { code = "approved", type = "int", title = { zh = "批准人数", en = "Approved" } },
--   { code = "paid", type = "int", title = { zh = "发放人数", en = "Paid" } },
--   { code = "used", type = "pct", title = { zh = "名额使用率", en = "Used" } },
--   { code = "allotted_amount", type = "money", total = true, title = { zh = "下达金额", en = "Allotted" } },
--   { code = "paid_amount", type = "money", total = true, title = { zh = "实发金额", en = "Paid out" } },
-- ]
-- +++
WITH line AS (
  SELECT f.programme, f."to" AS school, f._term AS term, sum(f.quota_people) AS quota, sum(f.amount - coalesce(f.returned, 0)) AS allotted,
         0 AS approved, 0 AS paid, 0 AS amount
  FROM record_fund_allocation f
  JOIN school s ON s.code = f."to"
  WHERE f._year = :year
  GROUP BY 1, 2, 3
  UNION ALL
  SELECT a.programme, a._school, a._term, 0, 0, count(DISTINCT a._doc), 0, 0
  FROM record_aid_application a
  WHERE a._year = :year AND a._state IN {{counting aid_application}}
  GROUP BY 1, 2, 3
  UNION ALL
  SELECT p.programme, p._school, p._term, 0, 0, 0, count(DISTINCT CASE WHEN {{kept aid_payment p}} THEN p._doc END),
         sum({{net aid_payment p}})
  FROM record_aid_payment p
  -- What is allotted is public money: what donors or pairing gave under the same name uses none of it up.
  WHERE p._year = :year AND p.channel IN ('government', 'school')
  GROUP BY 1, 2, 3
)
SELECT coalesce(g.name, l.programme) AS programme, l.school AS school, l.term AS term, coalesce(sum(l.quota), 0) AS quota, sum(l.approved) AS approved,
       sum(l.paid) AS paid, CASE WHEN sum(l.quota) > 0 THEN CAST(round(10000.0 * sum(l.approved) / sum(l.quota)) AS INTEGER) END AS used,
       coalesce(sum(l.allotted), 0) AS allotted_amount, coalesce(sum(l.amount), 0) AS paid_amount
FROM line l
LEFT JOIN record_aid_programme g ON g._id = l.programme
WHERE :term IS NULL OR l.term = :term
GROUP BY l.programme, l.school, l.term
ORDER BY 1, l.school, l.term
