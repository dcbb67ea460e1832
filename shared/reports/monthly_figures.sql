-- +++
-- name = "monthly_figures"
-- question = 5
-- title = { zh = "月报数字", en = "Figures of the month" }
-- help = { zh = "一所学校一个月的控辍数字，由点名、个案等记录算出，月报照此填写。新增疑似按个案发生日，确认、复学、排除、再次失学按生效步骤的日期；未销号按月末的状态；在校生和留守儿童都按本月最后一天算（还没到月末的按今天）：入学日期不晚于那天、现在在校，或那天之后才转走、离校、休学的；其中那天在留守档案起止月份内的为留守。实到取各班本月最后一次点名的合计；有班级本月一次也没有点名的，不代填。应点名为有在校生的班数乘上课天数（除去节假日，加上调休，算到今天）。离校或转出而没有外校就读证明、也没有在办个案的学生（到月末）单列一项。没有任何新增、未销号和这样的学生，零报告为“是”。状态有争议的个案不计。", en = "A school's figures of one month as its records have them; the monthly report is filled from here. Suspected by the date of the case; confirmed, returned, excluded, relapsed by the dates of effective steps; open by the state at the end of the month. Pupils and left-behind children are both of the last day of the month (of today while it runs): entered by that day, and at school now or gone (transferred, left, on leave) only after it; left behind of these are those whose care profile spans that month. Present: the last roll of each class in the month; none while a class has no roll in it. Rolls due: classes with pupils times school days (less holidays, plus days worked in exchange, up to today). Children who left without proof of another school and without an open case (by the end of the month) are a figure of their own. Zero report: nothing new, nothing open and none of these. A case whose state is disputed is not counted." }
-- ledgers = ["enrolment", "transfer", "dropout_case", "dropout_roll", "home_teaching_plan", "care_profile", "care_log"]
-- indexes = [
--   'record_dropout_roll("on", grade, class, void)',
--   'step(record, effect, "to", "on")',
-- ]
-- parameters = [
--   { name = "month", type = "month", default = "previous", title = { zh = "月份", en = "Month" } },
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "month", type = "date", title = { zh = "月份", en = "Month" } },
--   { code = "zero", type = "bool", title = { zh = "零报告", en = "Zero report" } },
--   { code = "pupils", type = "int", title = { zh = "在籍学生数", en = "Pupils enrolled" } },
--   { code = "present", type = "int", title = { zh = "实到学生数", en = "Pupils present" }, empty = { zh = "有班级本月没有点过名，实到人数不能代填：请补点名，或按实际人数自己填", en = "A class has no roll this month, so the number present is not filled in: take the roll, or fill in the true number" } },
--   { code = "suspected", type = "int", title = { zh = "本月新增疑似辍学", en = "New suspected cases" } },
--   { code = "confirmed", type = "int", title = { zh = "本月新增确认辍学", en = "New confirmed cases" } },
--   { code = "returned", type = "int", title = { zh = "本月劝返复学", en = "Returned" } },
--   { code = "excluded", type = "int", title = { zh = "本月排除", en = "Excluded" } },
--   { code = "relapsed", type = "int", title = { zh = "本月复学后再次辍学", en = "Relapsed" } },
--   { code = "open_cases", type = "int", title = { zh = "月末未销号", en = "Open at the end of the month" } },
--   { code = "home_taught", type = "int", title = { zh = "送教上门学生数", en = "Taught at home" } },
--   { code = "left_behind", type = "int", title = { zh = "留守儿童数", en = "Left-behind children" } },
--   { code = "no_contact", type = "int", title = { zh = "三十天未与父母联系", en = "Without contact with a parent in 30 days" } },
--   { code = "rolls_due", type = "int", title = { zh = "应点名（班次）", en = "Rolls due" } },
--   { code = "rolls_taken", type = "int", title = { zh = "已点名（班次）", en = "Rolls taken" } },
--   { code = "unproven", type = "int", title = { zh = "离校或转出无就读证明", en = "Left without proof of another school" } },
-- ]
-- +++
WITH RECURSIVE bounds AS (
  SELECT :month || '-01' AS first, date(:month || '-01', '+1 month', '-1 day') AS last,
         min(date(:month || '-01', '+1 month', '-1 day'), :today) AS until,
         CAST(substr(:month, 1, 4) AS INTEGER) - (CAST(substr(:month, 6, 2) AS INTEGER) < 9) AS year
),
day(on_) AS (
  SELECT first FROM bounds WHERE first <= until
  UNION ALL
  SELECT date(on_, '+1 day') FROM day, bounds WHERE on_ < until
),
school_day AS (
  SELECT on_ FROM day
  WHERE CASE WHEN strftime('%w', on_) IN ('0', '6')
             THEN EXISTS (SELECT 1 FROM record_calendar c WHERE c.kind = 'makeup_day' AND on_ BETWEEN c."from" AND coalesce(c."until", c."from"))
             ELSE NOT EXISTS (SELECT 1 FROM record_calendar c WHERE c.kind = 'holiday' AND on_ BETWEEN c."from" AND coalesce(c."until", c."from")) END
),
pupil AS MATERIALIZED (
  SELECT e._school, e._doc, e.grade, e.class FROM record_enrolment e, bounds
  WHERE e._year = bounds.year AND (e.status = 'present' OR e.closed_on > bounds.until OR e.status_on > bounds.until) AND coalesce(e.entered_on, '') <= bounds.until
),
room AS MATERIALIZED (
  SELECT _school, grade, class, count(*) AS pupils FROM pupil WHERE grade IS NOT NULL AND class IS NOT NULL GROUP BY _school, grade, class
),
-- Of two rolls of a class on one day the one made last counts, and that alone.
taken AS MATERIALIZED (
  SELECT r._school, r.grade, r.class, r."on" AS on_, r.present, row_number() OVER (PARTITION BY r._school, r.grade, r.class ORDER BY r."on" DESC, r._at DESC, r._id DESC) AS nth
  FROM record_dropout_roll r, bounds WHERE r."on" BETWEEN bounds.first AND bounds.last
),
moved AS MATERIALIZED (
  SELECT c._school, sum(s."to" = 'confirmed') AS confirmed, sum(s."to" = 'returned') AS returned, sum(s."to" = 'excluded') AS excluded, sum(s.name = 'relapse') AS relapsed
  FROM record_dropout_case c JOIN step s ON s.record = c._id AND s.effect = 'effective', bounds
  WHERE s."on" BETWEEN bounds.first AND bounds.last
  GROUP BY c._school
),
stood AS MATERIALIZED (
  SELECT c._school,
         coalesce((SELECT s."to" FROM step s WHERE s.record = c._id AND s.effect = 'effective' AND s."on" <= bounds.last ORDER BY s."on" DESC, s.seq DESC LIMIT 1), 'suspected') AS state
  FROM record_dropout_case c, bounds
  WHERE c."on" <= bounds.last AND c.continues IS NULL AND c._state IS NOT NULL
),
care AS MATERIALIZED (
  SELECT DISTINCT p._school, p._doc FROM record_care_profile p, bounds
  WHERE p._year = bounds.year AND coalesce(p.since, '') <= :month AND (p.until IS NULL OR p.until = '' OR p.until >= :month) AND p._doc IN (SELECT _doc FROM pupil)
),
figure AS (
  SELECT s.code AS school,
         (SELECT count(*) FROM pupil p WHERE p._school = s.code) AS pupils,
         -- A class nobody called the roll of in the month is not taken for whole: then there is no figure.
         (SELECT CASE WHEN count(*) = 0 OR count(t.present) < count(*) THEN NULL
                      ELSE (SELECT count(*) FROM pupil p WHERE p._school = s.code) - sum(r.pupils - t.present) END
          FROM room r LEFT JOIN taken t ON t._school = r._school AND t.grade = r.grade AND t.class = r.class AND t.nth = 1
          WHERE r._school = s.code) AS present,
         (SELECT count(*) FROM record_dropout_case c, bounds WHERE c._school = s.code AND c.continues IS NULL AND c."on" BETWEEN bounds.first AND bounds.last) AS suspected,
         coalesce((SELECT confirmed FROM moved m WHERE m._school = s.code), 0) AS confirmed,
         coalesce((SELECT returned FROM moved m WHERE m._school = s.code), 0) AS returned,
         coalesce((SELECT excluded FROM moved m WHERE m._school = s.code), 0) AS excluded,
         coalesce((SELECT relapsed FROM moved m WHERE m._school = s.code), 0) AS relapsed,
         (SELECT count(*) FROM stood c WHERE c._school = s.code AND c.state IN {{open dropout_case}}) AS open_cases,
         (SELECT count(DISTINCT h._doc) FROM record_home_teaching_plan h, bounds WHERE h._school = s.code AND h._year = bounds.year AND h."on" <= bounds.last) AS home_taught,
         (SELECT count(*) FROM care c WHERE c._school = s.code) AS left_behind,
         (SELECT count(*) FROM care c, bounds WHERE c._school = s.code AND NOT EXISTS (
            SELECT 1 FROM record_care_log l WHERE l._doc = c._doc AND l.reached = 1 AND l."on" BETWEEN date(bounds.until, '-30 days') AND bounds.until)) AS no_contact,
         (SELECT count(*) FROM room r WHERE r._school = s.code) * (SELECT count(*) FROM school_day) AS rolls_due,
         (SELECT count(*) FROM (SELECT DISTINCT t.grade, t.class, t.on_ FROM taken t JOIN room r ON r._school = t._school AND r.grade = t.grade AND r.class = t.class
                                WHERE t._school = s.code AND t.on_ IN (SELECT on_ FROM school_day))) AS rolls_taken,
         -- As the report left_unproven has them, on that day.
         (SELECT count(*) FROM record_enrolment e, bounds
          WHERE e._school = s.code AND e._year = bounds.year AND e.status IN ('left', 'transferred') AND coalesce(e.status_on, '') <= bounds.until AND e.closed_on IS NULL
            AND NOT EXISTS (SELECT 1 FROM record_dropout_case c WHERE c._doc = e._doc
                            AND (c.excluded_proof = 'other_school_letter' OR c._state = 'transferred' OR c._state IS NULL OR c._state IN {{open dropout_case}}))
            AND NOT EXISTS (SELECT 1 FROM record_transfer t WHERE t._doc = e._doc AND (t._state IS NULL OR t._state = 'done' OR t._state IN {{open transfer}}))) AS unproven
  FROM school s
)
SELECT f.school AS school, :month AS month,
       f.suspected = 0 AND f.confirmed = 0 AND f.returned = 0 AND f.relapsed = 0 AND f.open_cases = 0 AND f.unproven = 0 AS zero,
       f.pupils AS pupils, f.present AS present, f.suspected AS suspected, f.confirmed AS confirmed, f.returned AS returned, f.excluded AS excluded,
       f.relapsed AS relapsed, f.open_cases AS open_cases, f.home_taught AS home_taught, f.left_behind AS left_behind, f.no_contact AS no_contact,
       f.rolls_due AS rolls_due, f.rolls_taken AS rolls_taken, f.unproven AS unproven
FROM figure f
ORDER BY f.school
