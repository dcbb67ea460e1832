-- +++
-- name = "aid_paid"
-- question = 3
-- title = { zh = "资助发放：项目、学校、学期", en = "Aid paid by programme, school and term" }
-- help = { zh = "人数为不同学生数，人次为发放笔数。金额为实发减退回；发放失败、没有填退回金额的按全额退回计；全部退回的不计人数和人次。金额有争议的不计入金额。", en = "Persons are different children, person-times are payments. Money is what was paid less refunds; a failed payment with no refund stated counts as refunded in full; what came back whole counts no person. Disputed amounts are in no sum." }
-- chart = { kind = "bar", x = "programme", y = ["amount"] }
-- ledgers = ["aid_payment"]
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
--   { code = "persons", type = "int", title = { zh = "人数", en = "Persons" } },
--   { code = "times", type = "int", total = true, title = { zh = "人次", en = "Person-times" } },
--   { code = "amount", type = "money", total = true, title = { zh = "金额", en = "Amount" } },
-- ]
-- +++
SELECT coalesce(g.name, p.programme) AS programme, p._school AS school, p._term AS term,
       count(DISTINCT CASE WHEN {{kept aid_payment p}} THEN p._doc END) AS persons, sum({{kept aid_payment p}}) AS times,
       coalesce(sum({{net aid_payment p}}), 0) AS amount
FROM record_aid_payment p
LEFT JOIN record_aid_programme g ON g._id = p.programme
WHERE p._year = :year AND (:term IS NULL OR p._term = :term)
GROUP BY p.programme, p._school, p._term
ORDER BY 1, p._school, p._term
