-- +++
-- name = "promised_back"
-- question = 1
-- title = { zh = "返校期限到了，还没返校", en = "Days to be back that have come" }
-- help = { zh = "正在核实、劝返的个案里，到了或过了返校日的学生：劝返记录里的承诺返校日、已签发通知书的限期返校日、个案的劝返限期，一个个案列最早的一个。此后又有劝返记录的、点名已在校的、个案已往下办的不再列出。", en = "Children of cases that are worked on whose day to be back has come or is past: promised to who went there, set by a notice that was issued, or set by the case; of a case the earliest. A later attempt, a check that says present and a case that moved on settle it." }
-- ledgers = ["dropout_case", "dropout_step", "return_notice", "dropout_check"]
-- by_class = true
-- indexes = [
--   'record_dropout_check(_doc, "on", _at, _id, state, void)',
--   'record_dropout_step("case")',
--   'record_return_notice("case")',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "student", type = "student", title = { zh = "学生档案", en = "Child" } },
--   { code = "name", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "grade", type = "int", title = { zh = "年级", en = "Grade" } },
--   { code = "class", type = "int", title = { zh = "班级", en = "Class" } },
--   { code = "day", type = "date", title = { zh = "返校日", en = "To be back on" } },
--   { code = "said_in", type = "ledger", title = { zh = "写在", en = "Said in" } },
--   { code = "state", type = "choice", options = "dropout_case.$state", title = { zh = "个案现状", en = "State of the case" } },
--   { code = "record", type = "text", title = { zh = "记录", en = "Record" } },
-- ]
-- [today]
-- title = { zh = "返校期限到了，问问返校没有", en = "Due back: see whether they came" }
-- order = 21
-- ledger = "dropout_step"
-- text = ["name", "class", "said_in", "state"]
-- date = "day"
-- open = "/record/{record}"
-- act = "/ledger/dropout_step/new?student={student}&case={record}"
-- act_title = { zh = "记劝返", en = "Log the attempt" }
-- +++
WITH working AS (
  -- A case carried on from last year has its steps, and the day of its state, there.
  SELECT c._id, coalesce(c.continues, c._id) AS root, c._doc, c._school, c._student, c._state, c.deadline, coalesce(root._since, c._since) AS since
  FROM record_dropout_case c
  LEFT JOIN record_dropout_case root ON root._id = c.continues
  WHERE c._year = :year AND c._state IN ('suspected', 'verifying', 'confirmed', 'persuading', 'escalated', 'ordered', 'court')
),
days AS (
  SELECT w._id, s."on" AS given, s.promised_on AS day, 'dropout_step' AS said_in
  FROM working w
  JOIN record_dropout_step s ON s."case" IN (w._id, w.root) AND s.result = 'promised' AND s.promised_on <= :today
  WHERE NOT EXISTS (SELECT 1 FROM record_dropout_step l WHERE l."case" IN (w._id, w.root) AND (l."on", l._at, l._id) > (s."on", s._at, s._id))
  UNION ALL
  SELECT w._id, n.issued_on, n.return_by, 'return_notice'
  FROM working w
  JOIN record_return_notice n ON n."case" IN (w._id, w.root) AND n._state IN ('issued', 'served', 'replied') AND n.kind <> 'reply' AND n.return_by <= :today
  WHERE NOT EXISTS (SELECT 1 FROM record_dropout_step l WHERE l."case" IN (w._id, w.root) AND l."on" >= n.return_by)
    AND NOT EXISTS (SELECT 1 FROM record_return_notice l WHERE l."case" IN (w._id, w.root) AND l._state IN ('issued', 'served', 'replied')
                    AND l.kind <> 'reply' AND (l.issued_on, l._id) > (n.issued_on, n._id))
  UNION ALL
  -- Of the present round: after a relapse the former day says nothing.
  SELECT w._id, w.since, w.deadline, 'dropout_case'
  FROM working w
  WHERE w._state = 'persuading' AND w.deadline <= :today AND w.deadline >= w.since
    AND NOT EXISTS (SELECT 1 FROM record_dropout_step l WHERE l."case" IN (w._id, w.root) AND l."on" >= w.deadline)
),
waiting AS (
  SELECT w.*, d.day, d.said_in, row_number() OVER (PARTITION BY w._id ORDER BY d.day, d.said_in) AS nth
  FROM days d
  JOIN working w ON w._id = d._id
  WHERE NOT EXISTS (SELECT 1 FROM record_dropout_check p WHERE p._doc = w._doc AND p.state = 'present' AND p."on" > d.given
                    AND NOT EXISTS (SELECT 1 FROM record_dropout_check a WHERE a._doc = p._doc AND a.state IN ('absent', 'suspected')
                                    AND (a."on", a._at, a._id) > (p."on", p._at, p._id)))
)
SELECT w._school AS school, w._student AS student, e.name AS name, e.grade AS grade, e.class AS class,
       w.day AS day, w.said_in AS said_in, w._state AS state, w._id AS record
FROM waiting w
JOIN record_enrolment e ON e._doc = w._doc AND e.closed_on IS NULL
WHERE w.nth = 1
ORDER BY w._school, w.day, e.grade, e.class, e.name, w._id
