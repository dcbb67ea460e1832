-- +++
-- name = "left_behind_by_kind"
-- question = 2
-- title = { zh = "留守儿童分类统计", en = "Left-behind children by kind" }
-- help = { zh = "每个学生取本学年最近一份未终止的留守档案。民政口径：父母双方外出，或一方外出、另一方无监护能力。教育口径：全部留守儿童，包括另一方监护能力待核实和还没填类型的。“有标记无档案”为学籍标记留守、在校而没有留守档案的学生。", en = "The latest care profile of the year that has not ended, one a child. Civil-affairs count: both parents away, or one away and the other unable. Education count: all of them, also those whose other parent was not yet looked into, or without a kind. Marked, no profile: marked left-behind in the enrolment, at school, and without a profile." }
-- chart = { kind = "bar", y = ["both", "one_unable", "one_able", "one"] }
-- ledgers = ["care_profile", "enrolment"]
-- indexes = [
--   'record_care_profile(_year, _doc, "on", _at, _id, _school, _student, kind, care_state, boards, until, care_teacher, void)',
--   'record_enrolment(_year, _school, stage, grade, status, sex, boarding, left_behind, registered_household, categories, entered_on, household_card, _doc, void)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "both", type = "int", total = true, title = { zh = "双方外出", en = "Both away" } },
--   { code = "one_unable", type = "int", total = true, title = { zh = "一方外出另一方无监护能力", en = "One away, other unable" } },
--   { code = "one_able", type = "int", total = true, title = { zh = "一方外出另一方有监护能力", en = "One away, other able" } },
--   { code = "one", type = "int", total = true, title = { zh = "一方外出另一方待核实", en = "One away, other not looked into" } },
--   { code = "civil", type = "int", total = true, title = { zh = "民政口径", en = "Civil-affairs count" } },
--   { code = "education", type = "int", total = true, title = { zh = "教育口径", en = "Education count" } },
--   { code = "nobody", type = "int", total = true, title = { zh = "无人监护", en = "Nobody cares" } },
--   { code = "boarders", type = "int", total = true, title = { zh = "其中寄宿", en = "Boarders" } },
--   { code = "without_profile", type = "int", total = true, title = { zh = "有标记无档案", en = "Marked, no profile" } },
-- ]
-- +++
WITH care AS (
  SELECT * FROM (
    SELECT p._doc, p._school, p._student, p.kind, p.care_state, p.boards, p.until, p.care_teacher,
           row_number() OVER (PARTITION BY p._doc ORDER BY p."on" DESC, p._at DESC, p._id DESC) AS nth
    FROM record_care_profile p
    WHERE p._year = :year
  )
  WHERE nth = 1 AND (until IS NULL OR until = '' OR until >= min(substr(:today, 1, 7), (:year + 1) || '-07'))
),
counted AS (
  SELECT _school, kind = 'both' AS both, kind = 'one_unable' AS one_unable, kind = 'one_able' AS one_able, kind = 'one' AS one,
         care_state = 'nobody' AS nobody, boards = 'board' AS boards, 1 AS profile
  FROM care
  UNION ALL
  SELECT e._school, 0, 0, 0, 0, 0, 0, 0
  FROM record_enrolment e
  WHERE e._year = :year AND e.left_behind = 1 AND e.status = 'present'
    AND NOT EXISTS (SELECT 1 FROM record_care_profile p WHERE p._year = :year AND p._doc = e._doc)
)
SELECT _school AS school, coalesce(sum(both), 0) AS both, coalesce(sum(one_unable), 0) AS one_unable, coalesce(sum(one_able), 0) AS one_able,
       coalesce(sum(one), 0) AS one,
       coalesce(sum(both), 0) + coalesce(sum(one_unable), 0) AS civil, sum(profile) AS education,
       coalesce(sum(nobody), 0) AS nobody, coalesce(sum(boards), 0) AS boarders, sum(profile = 0) AS without_profile
FROM counted
GROUP BY _school
ORDER BY _school
