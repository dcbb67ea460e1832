-- +++
-- name = "one_child"
-- question = 6
-- title = { zh = "一生一档", en = "One child, everything" }
-- help = { zh = "一个学生在各学校、各学年的全部记录和办理步骤，按日期排列；作废的也列出。学生用身份证号或学生档案编号指定：身份证号相同的档案，以及县里认定为同一人的档案都算在内。登记在户上的走访，按户编号列出。转入学生在原学校的记录（县里转来的档案）在“效力”里写明是原学校的档案。", en = "Every record and step of one child across schools and years, by date; void ones too. The child is named by identity number or document id: documents with the same identity number, or that the county found to be of the same child, are all included. Visits to the household are listed by its card. What a former school recorded and the county handed over says so under effect." }
-- shows_void = true
-- ledgers = []
-- indexes = [
--   'record_enrolment(id_no)',
--   'record_enrolment(_student)',
--   'record_*(_doc)',
--   'step(record)',
--   'record_household_visit(household_card)',
--   'record_dossier(child)',
-- ]
-- parameters = [
--   { name = "child", type = "student", required = true, title = { zh = "身份证号或档案编号", en = "Identity number or document id" } },
-- ]
-- columns = [
--   { code = "on", type = "date", title = { zh = "日期", en = "Date" } },
--   { code = "year", type = "year", title = { zh = "学年", en = "School year" } },
--   { code = "term", type = "term", title = { zh = "学期", en = "Term" } },
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "ledger", type = "ledger", title = { zh = "台账", en = "Ledger" } },
--   { code = "event", type = "choice", options = "@ledger.$step", title = { zh = "步骤", en = "Step" } },
--   { code = "state", type = "choice", options = "@ledger.$state", title = { zh = "状态", en = "State" } },
--   { code = "by", type = "text", title = { zh = "经办", en = "By" } },
--   { code = "text", type = "text", title = { zh = "说明", en = "Text" } },
--   { code = "effect", type = "choice", options = "@ledger.$effect", title = { zh = "效力", en = "Effect" } },
--   { code = "record", type = "text", title = { zh = "记录", en = "Record" } },
--   { code = "student", type = "student", title = { zh = "学生档案", en = "Child" } },
-- ]
-- +++
WITH RECURSIVE asked AS (
  SELECT _student, id_no FROM record_enrolment WHERE id_no = :child
  UNION
  SELECT _student, id_no FROM record_enrolment WHERE _student = :child
),
verdict AS (
  -- A later decision on the same two documents supersedes an earlier one.
  SELECT one, other, verdict FROM (
    SELECT min(child_a, child_b) AS one, max(child_a, child_b) AS other, verdict,
           row_number() OVER (PARTITION BY min(child_a, child_b), max(child_a, child_b) ORDER BY "on" DESC, _id DESC) AS nth
    FROM record_child_link
    WHERE void IS NOT 1
  )
  WHERE nth = 1
),
linked(document, id_no) AS (
  SELECT _student, id_no FROM asked
  UNION
  SELECT e._student, e.id_no
  FROM linked l
  JOIN record_enrolment e ON e.id_no = l.id_no AND l.id_no <> ''
  WHERE NOT EXISTS (SELECT 1 FROM verdict v
                    WHERE v.verdict = 'different' AND v.one = min(l.document, e._student) AND v.other = max(l.document, e._student))
  UNION
  SELECT e._student, e.id_no
  FROM linked l
  JOIN verdict v ON (v.one = l.document OR v.other = l.document) AND v.verdict IN ('same', 'transferred')
  JOIN record_enrolment e ON e._student = CASE WHEN v.one = l.document THEN v.other ELSE v.one END
),
child AS (
  SELECT e._doc, e._student, e.household_card FROM linked l JOIN record_enrolment e ON e._student = l.document
),
trail AS (
  SELECT ledger, _id, _school, _year, _term, _student, _state, "on", "by", note, void, _disputed
  FROM {{all_records WHERE _doc IN (SELECT _doc FROM child)}}
  UNION ALL
  SELECT 'household_visit', v._id, v._school, v._year, v._term, NULL, v._state, v."on", v."by", v.note, v.void, v._disputed
  FROM record_household_visit v
  WHERE v.household_card IN (SELECT household_card FROM child WHERE household_card <> '')
),
told AS (
  SELECT t."on", t._year, t._term, t._school, t.ledger, NULL AS event, t._state AS state, t."by", t.note AS text,
         CASE WHEN t.void = 1 THEN 'void' WHEN t._disputed = 1 THEN 'disputed' END AS effect, t._id, t._student, '' AS step_id
  FROM trail t
  UNION ALL
  SELECT s."on", t._year, t._term, t._school, t.ledger, s.name, s."to", s.by, s.why, s.effect, t._id, t._student, s.id
  FROM trail t
  JOIN step s ON s.record = t._id
  UNION ALL
  -- The former school's records as the county handed them over; not where the originals are here too.
  SELECT d."on", d.year, d._term, d.from_school, d.ledger, NULL, d.state, d."by", coalesce(nullif(d.note, ''), d.steps), 'dossier', d.record, d.child, ''
  FROM record_dossier d
  JOIN linked l ON l.document = d.child
  WHERE d.void IS NOT 1 AND NOT EXISTS (SELECT 1 FROM trail t WHERE t._id = d.record)
)
SELECT "on" AS "on", _year AS year, _term AS term, _school AS school, ledger AS ledger, event AS event, state AS state, "by" AS "by", text AS text,
       effect AS effect, _id AS record, _student AS student
FROM told
ORDER BY "on", _id, step_id
