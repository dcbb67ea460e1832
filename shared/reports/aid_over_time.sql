-- +++
-- name = "aid_over_time"
-- question = 7
-- title = { zh = "历年资助", en = "Aid over the years" }
-- help = { zh = "按学年统计：受助人数（同一身份证号只计一人，没有身份证号的按档案计）、人次、金额，以及历年只受助过一个学期的人数。金额减退回，全部退回的不计人数和人次。", en = "By school year: persons aided (one identity number is one person; without one, one document is), person-times, money, and those of them ever aided in one term only. Refunds deducted; what came back whole counts no person." }
-- chart = { kind = "line", x = "year", y = ["persons", "times"] }
-- ledgers = ["aid_payment"]
-- indexes = [
--   'record_aid_payment(_doc, _year, _term, amount, failed, refund_amount, void)',
--   'record_enrolment(_doc, stage, grade, id_no, void)',
-- ]
-- parameters = [
--   { name = "school" },
-- ]
-- columns = [
--   { code = "year", type = "year", title = { zh = "学年", en = "School year" } },
--   { code = "persons", type = "int", title = { zh = "人数", en = "Persons" } },
--   { code = "times", type = "int", total = true, title = { zh = "人次", en = "Person-times" } },
--   { code = "amount", type = "money", total = true, title = { zh = "金额", en = "Amount" } },
--   { code = "once_only", type = "int", title = { zh = "只受助一次", en = "Aided once only" } },
-- ]
-- +++
WITH paid AS MATERIALIZED (
  SELECT coalesce(nullif(e.id_no, ''), p._student) AS person, p._year, p._term, {{net aid_payment p}} AS amount
  FROM record_aid_payment p
  LEFT JOIN record_enrolment e ON e._doc = p._doc
  WHERE {{kept aid_payment p}}
),
often AS (
  SELECT person, count(DISTINCT _year * 10 + _term) AS terms FROM paid GROUP BY person
)
SELECT p._year AS year, count(DISTINCT p.person) AS persons, count(*) AS times, coalesce(sum(p.amount), 0) AS amount,
       count(DISTINCT CASE WHEN o.terms = 1 THEN p.person END) AS once_only
FROM paid p
JOIN often o ON o.person = p.person
GROUP BY p._year
ORDER BY p._year
