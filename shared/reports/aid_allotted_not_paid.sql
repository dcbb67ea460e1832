-- +++
-- name = "aid_allotted_not_paid"
-- question = 3
-- title = { zh = "下达与发放不符", en = "Money allotted and money paid differ" }
-- help = { zh = "按项目、学校、学期，下达金额（减退回）与实发金额不相等的。有下达无发放、有发放无下达的都列出。社会、结对、个人渠道的发放不比。任一笔下达或发放的金额有争议时，该组不比较，见“有争议”一行。", en = "By programme, school and term, where money allotted (less what was returned) is not the money paid; also where one of the two is missing. Payments from donors, pairing and private persons are left out. A group with a disputed amount is not compared: see the line on disputes." }
-- ledgers = ["fund_allocation", "aid_payment"]
-- indexes = [
--   'record_aid_payment(_year, _school, _term, programme, _doc, amount, failed, refund_amount, channel, application, void, _id)',
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
--   { code = "allotted", type = "money", total = true, title = { zh = "下达", en = "Allotted" } },
--   { code = "paid", type = "money", total = true, title = { zh = "实发", en = "Paid" } },
--   { code = "difference", type = "money", total = true, title = { zh = "下达减实发", en = "Difference" } },
-- ]
-- +++
WITH line AS (
  SELECT f.programme, f."to" AS school, f._term AS term, f.amount - coalesce(f.returned, 0) AS allotted, 0 AS paid, f.amount IS NULL AS unknown
  FROM record_fund_allocation f
  JOIN school s ON s.code = f."to"
  WHERE f._year = :year
  UNION ALL
  SELECT p.programme, p._school, p._term, 0, {{net aid_payment p}}, p.amount IS NULL
  FROM record_aid_payment p
  WHERE p._year = :year AND p.channel IN ('government', 'school')
)
SELECT coalesce(g.name, l.programme) AS programme, l.school AS school, l.term AS term, sum(l.allotted) AS allotted, sum(l.paid) AS paid,
       sum(l.allotted) - sum(l.paid) AS difference
FROM line l
LEFT JOIN record_aid_programme g ON g._id = l.programme
WHERE :term IS NULL OR l.term = :term
GROUP BY l.programme, l.school, l.term
HAVING sum(l.allotted) <> sum(l.paid) AND sum(l.unknown) = 0
ORDER BY 1, l.school, l.term
