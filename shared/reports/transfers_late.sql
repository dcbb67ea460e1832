-- +++
-- name = "transfers_late"
-- question = 5
-- title = { zh = "逾期未办的转学", en = "Transfers past their deadline" }
-- help = { zh = "对方学校未按期确认、或县里未按期裁定和转接的转学，逾期最久的在前。学校还能看到别校提出、等本校答复的。", en = "Transfers the other school has not confirmed, or the county not decided or completed, in time; the longest first. A school also sees those of others that await its answer." }
-- ledgers = ["transfer", "relay"]
-- indexes = [
--   'record_transfer(_due) WHERE _due IS NOT NULL',
-- ]
-- parameters = [
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "提出学校", en = "Asked by" } },
--   { code = "from", type = "school", title = { zh = "转出学校", en = "From" } },
--   { code = "to", type = "school", title = { zh = "转入学校", en = "To" } },
--   { code = "name", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "state", type = "choice", options = "transfer.$state", title = { zh = "现状", en = "State" } },
--   { code = "due", type = "date", title = { zh = "期限", en = "Due" } },
--   { code = "days_late", type = "int", title = { zh = "逾期天数", en = "Days late" } },
--   { code = "record", type = "text", title = { zh = "记录", en = "Record" } },
-- ]
-- +++
WITH late AS (
  SELECT t._school AS school, t."from" AS leaves, t."to" AS enters, e.name AS name, t._state AS state, t._due AS due, t._id AS record
  FROM record_transfer t
  LEFT JOIN record_enrolment e ON e._doc = t._doc
  WHERE t._due < :today AND t._state IN {{open transfer}}
  UNION ALL
  -- At a school: what another one asked and this one has not answered.
  SELECT r.school, NULL, r._school, r.child, r.state, r.due, r._id
  FROM record_relay r
  WHERE r.ledger = 'transfer' AND r.steps <> '' AND r.due < :today
    AND NOT EXISTS (SELECT 1 FROM record_transfer t WHERE t._id = r.record)
)
SELECT school AS school, leaves AS "from", enters AS "to", name AS name, state AS state, due AS due,
       CAST(julianday(:today) - julianday(due) AS INTEGER) AS days_late, record AS record
FROM late
ORDER BY due, school, record
