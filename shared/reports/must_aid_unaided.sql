-- +++
-- name = "must_aid_unaided"
-- question = 3
-- title = { zh = "应助未助", en = "Must be aided and is not" }
-- help = { zh = "在校、学段和年级及住宿类型符合，且属于某个在执行项目“应助尽助”类别的学生中，所选学年学期没有批准的申请、也没有政府或学校资金发放的（捐赠、结对不算）。原因取申请台账中登记的应助未助原因；没有登记的为空，最需要核查。申请状态有争议的学生不列，见“有争议”一行。", en = "Children at school who fit stage, grade and boarding of a programme in force and a category it must aid, and have neither an approved application nor a payment of public or school money in the year and term (gifts do not count). The reason is the one recorded in the applications; none recorded: empty, look there first. A child whose application is disputed is not listed: see the line on disputes." }
-- ledgers = ["enrolment", "aid_application", "aid_payment"]
-- by_class = true
-- indexes = [
--   'record_enrolment(_year, _school, stage, grade, status, sex, boarding, left_behind, registered_household, categories, entered_on, household_card, _doc, void)',
--   'record_aid_application(_doc, _year, _term, _state, unaided_reason, _disputed, void, _id)',
--   'record_aid_payment(_doc, _year, _term, amount, failed, refund_amount, channel, void)',
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
--   { code = "stage", type = "choice", options = "enrolment.stage", title = { zh = "学段", en = "Stage" } },
--   { code = "grade", type = "int", title = { zh = "年级", en = "Grade" } },
--   { code = "class", type = "int", title = { zh = "班级", en = "Class" } },
--   { code = "categories", type = "flags", options = "aid_programme.category", title = { zh = "类别", en = "Categories" } },
--   { code = "application", type = "choice", options = "aid_application.$state", title = { zh = "申请进度", en = "Application" } },
--   { code = "reason", type = "choice", options = "aid_application.unaided_reason", title = { zh = "未助原因", en = "Reason" } },
-- ]
-- [today]
-- title = { zh = "应助未助，还没人申请", en = "Must be aided, and nobody applied" }
-- order = 40
-- ledger = "aid_application"
-- text = ["name", "class", "categories"]
-- unless = ["application", "reason"]
-- open = "/child/{student}"
-- act = "/ledger/aid_application/new?student={student}"
-- act_title = { zh = "填申请", en = "Apply" }
-- +++
WITH must AS MATERIALIZED (
  SELECT DISTINCT g.stage, coalesce(g.boarding, 'any') AS boarding, coalesce(g.grade_from, 0) AS grade_from, coalesce(g.grade_until, 99) AS grade_until,
         '|' || j.value || '|' AS category
  FROM record_aid_programme g
  JOIN json_each('["' || replace(trim(g.must_aid, '|'), '|', '","') || '"]') j
  WHERE coalesce(g.must_aid, '') <> '' AND g.valid_from <= min(:today, (:year + 1) || '-08-31')
    AND coalesce(nullif(g.valid_until, ''), '9999') >= min(:today, (:year + 1) || '-08-31')
),
needy AS MATERIALIZED (
  SELECT _school, _doc, stage, grade, boarding,
         coalesce(nullif(categories, ''), '|') || CASE WHEN coalesce(registered_household, 'no') IN ('no', '') THEN '' ELSE 'registered|' END AS categories
  FROM record_enrolment
  WHERE _year = :year AND status = 'present' AND (coalesce(categories, '') <> '' OR coalesce(registered_household, 'no') NOT IN ('no', ''))
),
unaided AS MATERIALIZED (
  SELECT n.*
  FROM needy n
  WHERE EXISTS (SELECT 1 FROM must m WHERE m.stage = n.stage AND m.boarding IN ('any', n.boarding) AND n.grade BETWEEN m.grade_from AND m.grade_until
                AND instr(n.categories, m.category) > 0)
    AND NOT EXISTS (SELECT 1 FROM record_aid_application a WHERE a._doc = n._doc AND a._year = :year AND (:term IS NULL OR a._term IN (0, :term))
                    AND (a._state IN {{counting aid_application}} OR a._state IS NULL AND a._disputed = 1))
    AND NOT EXISTS (SELECT 1 FROM record_aid_payment p WHERE p._doc = n._doc AND p._year = :year AND (:term IS NULL OR p._term IN (0, :term)) AND {{kept aid_payment p}}
                    -- A present is no aid under a programme.
                    AND p.channel IN ('government', 'school'))
)
SELECT u._school AS school, e._student AS student, e.name AS name, u.stage AS stage, u.grade AS grade, e.class AS class, u.categories AS categories,
       (SELECT a._state FROM record_aid_application a WHERE a._doc = u._doc AND a._year = :year AND (:term IS NULL OR a._term IN (0, :term))
        ORDER BY a."on" DESC, a._id DESC LIMIT 1) AS application,
       (SELECT a.unaided_reason FROM record_aid_application a WHERE a._doc = u._doc AND a._year = :year AND (:term IS NULL OR a._term IN (0, :term))
        AND coalesce(a.unaided_reason, '') <> '' ORDER BY a."on" DESC, a._id DESC LIMIT 1) AS reason
FROM unaided u
JOIN record_enrolment e ON e._doc = u._doc
ORDER BY u._school, reason IS NOT NULL, u.stage, u.grade, e.class, e.name
