-- +++
-- name = "arrived"
-- question = 5
-- title = { zh = "已转入、本校还没有建档的学生", en = "Children transferred in, not enrolled here yet" }
-- help = { zh = "县里已办完转学、原学校的档案已经转来，而本校还没有学籍档案的学生。点“建档”，原学校登记的内容已经填好，核对、选班级后保存；保存后点名册和各台账里就有这名学生。", en = "Children whom the county moved here and whose dossier has come, without a file at this school. Enrol them: what the former school knew is filled in; check it, choose the class and save, and the child is on the roll." }
-- ledgers = ["dossier", "enrolment"]
-- indexes = ["record_enrolment(_student)", "record_enrolment(id_no)"]
-- parameters = [
--   { name = "school" },
-- ]
-- columns = [
--   { code = "name", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "from_school", type = "school", title = { zh = "原学校", en = "Former school" } },
--   { code = "record", type = "text", title = { zh = "档案", en = "Dossier" } },
-- ]
-- [today]
-- order = 11
-- ledger = "enrolment"
-- writers = true
-- text = ["name", "from_school"]
-- open = "/ledger/enrolment/new?again={record}"
-- act = "/ledger/enrolment/new?again={record}"
-- act_title = { zh = "建档", en = "Enrol" }
-- +++
-- Of several years' files and what came late the newest is the one to go by.
SELECT name, from_school, record FROM (
  SELECT d.name AS name, d.from_school AS from_school, d._id AS record,
         row_number() OVER (PARTITION BY d.child ORDER BY d.year DESC, d._id DESC) AS nth
  FROM record_dossier d
  WHERE d.ledger = 'enrolment'
    AND NOT EXISTS (SELECT 1 FROM record_enrolment e WHERE e._student = d.child AND e.void = 0)
    -- Nor under a name spelt otherwise: the number is the same.
    AND NOT EXISTS (SELECT 1 FROM record_enrolment e WHERE e.id_no = d.number)
)
WHERE nth = 1
ORDER BY name, record
