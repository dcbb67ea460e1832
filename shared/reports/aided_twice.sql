-- +++
-- name = "aided_twice"
-- question = 3
-- title = { zh = "重复资助", en = "Aided twice" }
-- help = { zh = "同一学年同一学期：（一）同一身份证号在两所学校都有发放；（二）同一学生享受了互斥的两个项目；（三）同一学生同一项目发了不止一次（按月发放的项目不算）。一行两笔，不止两笔的列第一笔和最后一笔；金额有争议的为空。", en = "In one year and term: (1) payments at two schools under one identity number; (2) one child paid under two programmes that exclude each other; (3) one child paid more than once under one programme (those paid monthly left out). A line shows both, of more than two the first and the last; a disputed amount is empty." }
-- ledgers = ["aid_payment", "enrolment"]
-- indexes = [
--   'record_aid_payment(_year, _school, _term, programme, _doc, amount, failed, refund_amount, channel, application, void, _id)',
--   'record_enrolment(_year, id_no, _school, status, _doc, void)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "term" },
-- ]
-- columns = [
--   { code = "kind", type = "choice", title = { zh = "情形", en = "Case" }, words = { two_schools = { zh = "两所学校都发放", en = "Paid at two schools" }, excluding = { zh = "两个互斥的项目", en = "Programmes that exclude each other" }, again = { zh = "同一项目发放多次", en = "Paid more than once" } } },
--   { code = "term", type = "term", title = { zh = "学期", en = "Term" } },
--   { code = "name", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "programme", type = "text", title = { zh = "资助项目", en = "Programme" } },
--   { code = "amount", type = "money", title = { zh = "金额", en = "Amount" } },
--   { code = "other_school", type = "school", title = { zh = "另一学校", en = "Other school" } },
--   { code = "other_programme", type = "text", title = { zh = "另一项目", en = "Other programme" } },
--   { code = "other_amount", type = "money", title = { zh = "另一笔金额", en = "Other amount" } },
--   { code = "student", type = "student", title = { zh = "学生档案", en = "Child" } },
--   { code = "other_student", type = "student", title = { zh = "另一学生档案", en = "Other document" } },
-- ]
-- +++
WITH double AS MATERIALIZED (
  SELECT id_no FROM record_enrolment WHERE _year = :year AND id_no <> '' GROUP BY id_no HAVING min(_school) <> max(_school)
),
twin AS MATERIALIZED (
  SELECT a._doc AS one, b._doc AS other
  FROM double d
  CROSS JOIN record_enrolment a ON a._year = :year AND a.id_no = d.id_no
  CROSS JOIN record_enrolment b ON b._year = :year AND b.id_no = d.id_no AND b._school > a._school
),
pair AS MATERIALIZED (
  SELECT x._id AS one, y._id AS other
  FROM record_aid_programme x
  JOIN record_aid_programme y ON y._id > x._id
    AND (instr(',' || replace(replace(x.excludes, ' ', ''), '，', ',') || ',', ',' || y.code || ',') > 0
      OR instr(',' || replace(replace(y.excludes, ' ', ''), '，', ',') || ',', ',' || x.code || ',') > 0)
),
paid AS MATERIALIZED (
  SELECT p._doc, p._school, p._term, p.programme, sum({{net aid_payment p}}) AS amount, sum(p.amount IS NULL) AS unknown
  FROM record_aid_payment p
  WHERE p._year = :year AND {{kept aid_payment p}} AND (:term IS NULL OR p._term = :term)
    AND (p.programme IN (SELECT one FROM pair UNION SELECT other FROM pair) OR p._doc IN (SELECT one FROM twin UNION SELECT other FROM twin))
  GROUP BY p._doc, p._term, p.programme
),
again AS MATERIALIZED (
  SELECT p._doc, p._term, p.programme, min(p._id) AS one, max(p._id) AS other
  FROM record_aid_payment p
  JOIN record_aid_programme g ON g._id = p.programme
  WHERE p._year = :year AND {{kept aid_payment p}} AND (:term IS NULL OR p._term = :term) AND g.split IS NOT 'monthly'
  GROUP BY p._doc, p._term, p.programme
  HAVING count(*) > 1
),
found AS (
  SELECT 'two_schools' AS kind, a._term, a._doc AS one_doc, a._school AS one_school, a.programme AS one_programme, CASE WHEN a.unknown = 0 THEN a.amount END AS one_amount,
         b._doc AS other_doc, b._school AS other_school, b.programme AS other_programme, CASE WHEN b.unknown = 0 THEN b.amount END AS other_amount
  FROM twin t
  CROSS JOIN paid a ON a._doc = t.one
  CROSS JOIN paid b ON b._doc = t.other AND b._term = a._term
  UNION ALL
  SELECT 'excluding', a._term, a._doc, a._school, a.programme, CASE WHEN a.unknown = 0 THEN a.amount END, b._doc, b._school, b.programme, CASE WHEN b.unknown = 0 THEN b.amount END
  FROM pair x
  CROSS JOIN paid a ON a.programme = x.one
  CROSS JOIN paid b ON b._doc = a._doc AND b._term = a._term AND b.programme = x.other
  UNION ALL
  SELECT 'again', r._term, r._doc, a._school, r.programme, {{net aid_payment a}}, r._doc, b._school, r.programme, {{net aid_payment b}}
  FROM again r
  JOIN record_aid_payment a ON a._id = r.one
  JOIN record_aid_payment b ON b._id = r.other
)
SELECT f.kind AS kind, f._term AS term, e.name AS name, f.one_school AS school, coalesce(x.name, f.one_programme) AS programme, f.one_amount AS amount,
       f.other_school AS other_school, coalesce(y.name, f.other_programme) AS other_programme, f.other_amount AS other_amount,
       e._student AS student, o._student AS other_student
FROM found f
LEFT JOIN record_enrolment e ON e._doc = f.one_doc
LEFT JOIN record_enrolment o ON o._doc = f.other_doc
LEFT JOIN record_aid_programme x ON x._id = f.one_programme
LEFT JOIN record_aid_programme y ON y._id = f.other_programme
ORDER BY f.kind, f._term, f.one_school, e.name, 5, 8
