-- +++
-- name = "paid_without_approval"
-- question = 3
-- title = { zh = "未经审批的发放", en = "Paid without approval" }
-- help = { zh = "没有填写申请依据的发放（社会、结对渠道除外），所依据的申请查不到、已作废或是别的学生的发放，以及所依据的申请没有批准的发放。申请状态有争议的不列，见“有争议”一行。金额减退回，全部退回的不列。", en = "Payments with no application (donations and pairing excepted), whose application does not exist, is void or is another child's, or whose application is not approved. Where the state of the application is disputed the payment is not listed: see the line on disputes. Money is less what came back; what came back whole is left out." }
-- ledgers = ["aid_payment", "aid_application"]
-- indexes = [
--   'record_aid_payment(_year, _school, _term, programme, _doc, amount, failed, refund_amount, channel, application, void, _id)',
--   'record_aid_application(_doc, _year, _term, _state, unaided_reason, _disputed, void, _id)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "term" },
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "student", type = "student", title = { zh = "学生档案", en = "Child" } },
--   { code = "name", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "programme", type = "text", title = { zh = "资助项目", en = "Programme" } },
--   { code = "term", type = "term", title = { zh = "学期", en = "Term" } },
--   { code = "paid_on", type = "date", title = { zh = "发放日", en = "Paid on" } },
--   { code = "amount", type = "money", title = { zh = "金额", en = "Amount" } },
--   { code = "batch", type = "text", title = { zh = "批次", en = "Batch" } },
--   { code = "application", type = "choice", options = "aid_application.$state", title = { zh = "申请状态", en = "Application" } },
--   { code = "payment", type = "text", title = { zh = "发放记录", en = "Payment" } },
-- ]
-- [today]
-- title = { zh = "未经审批的发放，请核对", en = "Paid without approval: to be checked" }
-- order = 33
-- ledger = "aid_payment"
-- writers = true
-- text = ["name", "programme", "amount"]
-- open = "/record/{payment}"
-- +++
WITH finding AS MATERIALIZED (
  SELECT p._id
  FROM record_aid_payment p
  WHERE p._year = :year AND (:term IS NULL OR p._term = :term) AND {{kept aid_payment p}}
    AND CASE WHEN coalesce(p.application, '') = '' THEN p.channel IS NULL OR p.channel NOT IN ('social', 'pairing')
             ELSE NOT EXISTS (SELECT 1 FROM record_aid_application a WHERE a._doc = p._doc AND +a._id = p.application
                              AND (a._state IN {{counting aid_application}} OR a._state IS NULL AND a._disputed = 1)) END
)
SELECT p._school AS school, p._student AS student, e.name AS name, coalesce(g.name, p.programme) AS programme, p._term AS term, p.paid_on AS paid_on,
       {{net aid_payment p}} AS amount, p.batch AS batch, a._state AS application, p._id AS payment
FROM finding f
CROSS JOIN record_aid_payment p ON p._id = f._id
LEFT JOIN record_aid_application a ON a._id = p.application AND a._doc = p._doc
LEFT JOIN record_aid_programme g ON g._id = p.programme
LEFT JOIN record_enrolment e ON e._doc = p._doc
ORDER BY p._school, p.paid_on, p._id
