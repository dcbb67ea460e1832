# 导入：整个文件的问题。

import-file-empty = 文件是空的，没有任何内容。
    .next = 打开文件看看是否存错了，重新另存后再导入。
import-file-too-large = 文件太大（上限 { $limit } MiB），没有读取。
    .next = 只把学生名单所在的那张表复制到新工作簿，去掉照片和多余的格式，另存为 .xlsx 再导入。
import-too-many-rows = 表格的行数超过了 { $limit } 行，没有读取。
    .next = 选中学生所在的行，复制到一个新工作簿，另存后再导入；人数确实这么多时，请按年级分成几个文件。
import-too-many-rows-in-sheet = 工作表“{ $sheet }”的行数超过了 { $limit } 行，没有读取。
    .next = 选中学生所在的行，复制到一个新工作簿，另存后再导入；人数确实这么多时，请按年级分成几个文件。
import-password = 这个工作簿设了打开密码，无法读取。
    .next = 用 Excel 或 WPS 打开它，取消密码（文件 → 信息 → 保护工作簿 → 用密码进行加密，清空），保存后再导入。
import-unsupported = 这不是能导入的表格，文件内容是：{ $kind ->
        [html] 网页（虽然扩展名可能是 .xls）
        [xlsb] 二进制工作簿 .xlsb
        [ods] OpenDocument 表格
        [document] 文档或演示文稿
        [pdf] PDF
        [picture] 图片
        [archive] 压缩包
       *[other] 无法识别的内容
    }。
    .next = { $kind ->
        [pdf] 请向提供的人要原来的 Excel 表，或把名单录入一张新表，另存为 .xlsx 再导入。
        [picture] 请向提供的人要原来的 Excel 表，或把名单录入一张新表，另存为 .xlsx 再导入。
        [archive] 先解压，再导入里面的表格。
       *[other] 用 Excel 或 WPS 打开它，另存为“Excel 工作簿 (.xlsx)”，再导入另存的文件。
    }
import-damaged = 文件已损坏或不完整，无法读取。
    .next = 重新复制或下载一次；若能用 Excel 或 WPS 打开，请另存为 .xlsx 再导入。
import-encoding = 文本文件的编码认不出来，既不是 UTF-8 也不是 GB18030。
    .next = 用 Excel 或 WPS 打开它，确认文字显示正常，另存为 .xlsx 再导入。
import-quote = 第 { $row } 行有一个不成对的引号，后面的内容都被当成了同一格。
    .next = 在第 { $row } 行补上或删去那个引号，保存后再导入；也可以另存为 .xlsx。
import-no-header = 没有找到表头：没有哪一行同时写着“姓名”和另外至少两个栏目（如身份证号、班级）。
    .next = 在名单上方加一行表头，写上：姓名、性别、出生日期、身份证件号、年级、班级，保存后再导入。
import-no-header-in-sheets = 没有找到表头：没有哪一行同时写着“姓名”和另外至少两个栏目（如身份证号、班级）。看过的工作表：{ $sheets }。
    .next = 在名单上方加一行表头，写上：姓名、性别、出生日期、身份证件号、年级、班级，保存后再导入。
import-no-rows = 表头在第 { $row } 行，但下面没有学生。
    .next = 确认名单在同一张工作表、表头的下方，保存后再导入。
import-formulas-only = 表“{ $sheet }”里是公式，文件中没有保存算出来的值。
    .next = 用 Excel 或 WPS 打开它，全选复制，再“选择性粘贴 → 数值”，保存后再导入。
import-too-many-sheets = 工作簿里的工作表超过 { $limit } 张。
    .next = 把要导入的几张另存成一个文件，再导入。
import-no-sheet = 文件里没有名为“{ $name }”的工作表，只有：{ $sheets }。
    .next = 用 --sheet 写上其中一个名称再导入，或去掉 --sheet 由程序自动挑选。

# 导入：每一行被拒绝的原因。

import-row-formula-no-value = “{ $column }”是公式，文件中没有保存算出来的值。
    .next = 用 Excel 或 WPS 打开，把这一列复制后“选择性粘贴 → 数值”，保存后再导入。
import-row-cell-error = “{ $column }”显示的是错误（如 #N/A）。
    .next = 在这一格直接填上正确的内容。
import-row-cell-too-long = “{ $column }”的内容长得不像真的。
    .next = 检查这一格是不是粘贴了多余的内容。
import-row-name-missing = 没有姓名。
    .next = 填上姓名；如果这一行不是学生，请删去。
import-row-name-invalid = 姓名“{ $value }”里有数字、括号或乱码。
    .next = 只保留姓名本身，其他说明写到备注栏。
import-row-id-lost-digits = 身份证号被 Excel 当成数字，末几位已经丢失，无法恢复。
    .next = 把这一格设为“文本”格式，对照户口簿重新填写 18 位号码。
import-row-id-lost-digits-found = 身份证号被 Excel 当成数字，末几位已经丢失；同一行的学籍号里有完整的号码 { $found }，与出生日期、性别相符。
    .next = 对照户口簿核对后，把这一格设为“文本”格式，填上 { $found }。
import-row-id-old-15-digits = 身份证号是已停用的 15 位老号码。
    .next = 对照户口簿填写 18 位号码；确实没有新号码时请留空。
import-row-id-malformed = 身份证号“{ $value }”不是 17 位数字加一位校验码（数字或 X）。
    .next = 对照户口簿改正；港澳台证件或护照请在“身份证件类型”栏写明；没有号码请留空。
import-row-id-checksum = 身份证号“{ $value }”的校验位不对，至少有一位写错了。
    .next = 对照户口簿改正；暂时查不到请留空，以后再补。
import-row-id-birth-invalid = 身份证号“{ $value }”里的出生日期不存在。
    .next = 对照户口簿改正；暂时查不到请留空，以后再补。
import-row-id-missing = 证件类型写的是境外证件，但没有号码。
    .next = 填上证件号码，或把证件类型改为“无”。
import-row-birth-missing = 没有出生日期，也没有身份证号可以推算。
    .next = 填上出生日期，如 2014-09-02。
import-row-birth-invalid = 出生日期“{ $value }”认不出来，或没有这一天。
    .next = 改成“年-月-日”的写法，如 2014-09-02。
import-row-birth-future = 出生日期 { $birth } 在今天以后。
    .next = 对照户口簿改正出生日期。
import-row-birth-too-early = 出生日期 { $birth } 太早，学籍档案只收 { $earliest } 及以后出生的。
    .next = 对照户口簿改正出生日期。
import-row-birth-disagrees-with-id = 出生日期 { $birth } 与身份证号里的 { $id_birth } 不一致。
    .next = 对照户口簿，把写错的那一个改正。
import-row-sex-missing = 没有性别，也没有身份证号可以推算。
    .next = 填上“男”或“女”。
import-row-sex-unknown = 性别“{ $value }”认不出来。
    .next = 填“男”或“女”。
import-row-sex-disagrees-with-id = 性别写的是{ $sex }，身份证号里是{ $id_sex }。
    .next = 对照户口簿，把写错的那一个改正。
import-row-grade-missing = 没有年级。
    .next = 在年级栏填上年级，如 三年级；或在班级栏写成 三(2)班。
import-row-grade-unknown = “{ $value }”不是小学、初中或高中的年级。
    .next = 改成 一年级 至 九年级、高一 至 高三；幼儿园的孩子请单独成表导入。
import-row-grade-disagrees-with-class = 年级是 { $grade } 年级，班级里却写着 { $class_grade } 年级。
    .next = 把写错的那一个改正。
import-row-class-unknown = 班级“{ $value }”认不出班号。
    .next = 写成 2班 或 三(2)班。
import-row-boarding-unknown = 寄宿情况“{ $value }”认不出来。
    .next = 填“寄宿”或“走读”。
import-row-duplicate-row = 与第 { $row } 行是同一名学生（{ $name }）。
    .next = 删去重复的一行；第 { $row } 行已经会导入。
import-row-id-used-twice = 身份证号与第 { $row } 行的{ $name }相同，姓名却不同。
    .next = 对照户口簿改正其中一个：改名的保留一行，另有其人的改正号码。

# 导入：已接收的行的提示。

import-row-id-ends-in-zeros = 身份证号末三位是 000，校验无误但很少见，请核对。
import-row-id-absent = 没有身份证号，按无证件登记，以后可以补。
import-row-taken-from-id = “{ $column }”空着，已按身份证号填写。
import-row-student-number-disagrees = 学籍号 { $value } 与身份证号不一致，两者都照原样保留，请核对。
import-row-student-number-odd = 学籍号“{ $value }”不合规则，没有导入。
import-row-class-missing = 没有班级，请以后补上。
import-row-class-was-date = 班级被 Excel 变成了日期，已按 { $value } 读取，请核对。
import-row-boarding-assumed = “是否寄宿”空着，按走读登记，请核对。
import-row-grade-not-taught = 年级是 { $grade } 年级，而县里名录上本校是{ $stage ->
        [preschool] 幼儿园
        [teaching_point] 教学点
        [primary] 小学
        [junior] 初中
        [nine_year] 九年一贯制学校
        [complete] 完全中学
        [senior] 普通高中
       *[other] 中职学校
    }，没有这个年级，请核对。
import-row-class-unusual = 班级是 { $class } 班，而别的班号最大是 { $most }，请核对是不是写错了。
import-row-ethnic-unknown = 民族“{ $value }”不在国家标准中，照原样保留。
import-row-hardship-other = 困难类别“{ $value }”记为“其他”，原文已保留。
import-row-allowance-rural = 低保没有写明城乡，按农村低保登记，请核对。
import-row-relation-other = 与学生关系“{ $value }”记为“其他”，原文已保留。
import-row-left-behind-unclear = 留守情况“{ $value }”认不出来，这一项留空。
import-row-care-kind = 留守类型“{ $value }”会一并写进{ $ledger }。
import-row-care-kind-open = 只写了一方外出，没写另一方能不能监护：{ $ledger }里的留守类型先记“{ $value }”，请核实后改成准确的一类。
import-row-care-kind-kept = 名册写的留守类型是“{ $value }”，{ $ledger }里已是“{ $there }”，没有改，请核对。
import-row-phone-odd = 电话“{ $value }”位数不对，照原样保留，请核对。
import-row-phone-first = 电话“{ $value }”里有别的内容，只取了第一个号码。
import-row-phone-unreadable = 电话“{ $value }”里没有号码，这一项留空。
import-row-school-differs = 学校标识码 { $value } 不是本校的，请确认没有拿错文件。
import-row-age-unusual = 开学时 { $age } 岁，与年级不大相符，请核对。
import-row-maybe-same-child = 与第 { $row } 行同名同日出生，请核对是不是同一名学生。
import-row-cell-left-out = “{ $column }”这一格读不出来，没有导入。
import-row-value-left-out = “{ $column }”写的“{ $value }”认不出来，没有导入。
import-row-maybe-known-child = 库里已有同名、同性别、同日出生但没有身份证号的学生，请核对是不是同一名。
import-row-known-child = 没有身份证号，按库里同名、同性别、同日出生的学生更新，请核对。

# 栏目名称。

import-column-name = 姓名
import-column-name-former = 曾用名
import-column-sex = 性别
import-column-birth = 出生日期
import-column-ethnic = 民族
import-column-id-type = 证件类型
import-column-id-no = 身份证件号
import-column-student-no = 学籍号
import-column-stage = 学段
import-column-grade = 年级
import-column-class = 班级
import-column-boarding = 是否寄宿
import-column-hukou-kind = 户口性质
import-column-hukou-place = 户籍地
import-column-address = 现住址
import-column-village = 村（居）
import-column-township = 镇（街道）
import-column-categories = 困难类别
import-column-registered-household = 建档立卡
import-column-household-card = 户编号
import-column-left-behind = 是否留守儿童
import-column-guardian = 监护人
import-column-guardian-rel = 与学生关系
import-column-guardian-phone = 联系电话
import-column-note = 备注
import-column-school = 学校标识码
