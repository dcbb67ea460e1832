# 台账定义、填写的值、检查、办理步骤

ledger-yes = 是
ledger-no = 否

## 每条记录都有的字段
ledger-common-on = 日期
ledger-common-note = 备注
ledger-common-by = 填写人
ledger-common-void = 作废
ledger-common-void-reason = 作废原因
ledger-common-continues = 承接上年记录
ledger-common-attachment = 附件（照片、扫描件）

## 台账定义文件中的错误
ledger-toml = 第 { $line } 行第 { $column } 列：不是正确的 TOML：{ $detail }
    .next = 改正这一行后再运行 huxue-hub ledger check 检查。
ledger-too-large = 台账定义文件太大，最多 { $max } 字节。
    .next = 删去不需要的内容，或把它分成几个台账。
ledger-key-unknown = 第 { $line } 行：不认识的键“{ $key }”，这里可以写：{ $expected }。
    .next = 检查拼写，或删去这一行。
ledger-key-missing = 第 { $line } 行：缺少必须写的“{ $key }”。
    .next = 补上“{ $key } = …”，写法见 docs/ledger-format.md。
ledger-kind-wrong = 第 { $line } 行：“{ $key }”应当是 { $expected }，现在是 { $found }。
    .next = 按台账格式说明改正。
ledger-language-missing = 第 { $line } 行：“{ $key }”缺少 { $language } 文字，中文（zh）和英文（en）都要有。
    .next = 写成 { "{" } zh = "…", en = "…" { "}" }。
ledger-word-unknown = 第 { $line } 行：“{ $key }”不能是“{ $value }”，可以是：{ $expected }。
    .next = 从列出的词中选一个。
ledger-code-malformed = 第 { $line } 行：代码“{ $value }”不合规定：用小写字母、数字和下划线，字段以字母开头，不能太长。
    .next = 换一个代码。
ledger-code-reserved = 第 { $line } 行：“{ $value }”是程序自己用的名字，不能作代码。
    .next = 换一个代码；日期、备注、填写人、作废等字段每条记录都有，不用再写。
ledger-code-duplicate = 第 { $line } 行：代码“{ $value }”重复，第 { $first } 行已经有了。
    .next = 给其中一个换代码。
ledger-number-range = 第 { $line } 行：“{ $key }”应当在 { $min } 到 { $max } 之间。
    .next = 改成范围内的整数。
ledger-profile-other = 第 { $line } 行：只有 enrolment（学籍）台账可以是 profile，其他台账写 records。
    .next = 改成 form = "records"。
ledger-profile-part = 第 { $line } 行：一人一份的档案（profile）不能有“{ $key }”。
    .next = 删去这一项，或改成 form = "records"。
ledger-space-wrong = 第 { $line } 行：space 不能是“{ $space }”：县级台账用 published、county_school 或 internal，学生和学校的台账用 school。
    .next = 改正 space 或 subject。
ledger-options-missing = 第 { $line } 行：字段“{ $field }”是选择题，但没有写 options。
    .next = 写上 options = "选项表的名字"。
ledger-options-unknown = 第 { $line } 行：没有选项表“{ $list }”，本文件有：{ $expected }。
    .next = 检查拼写，或加上 [options.{ $list }]。
ledger-options-empty = 第 { $line } 行：选项表“{ $list }”里没有选项。
    .next = 至少写一个选项。
ledger-key-misplaced = 第 { $line } 行：类型 { $type } 的字段不能写“{ $key }”。
    .next = 删去这一行，或改字段的类型。
ledger-ref-missing = 第 { $line } 行：字段“{ $field }”引用别的记录，但没有写 ref。
    .next = 写上 ref = "台账代码"。
ledger-bounds-crossed = 第 { $line } 行：最小值 min 大于最大值 max。
    .next = 改正其中一个。
ledger-date-malformed = 第 { $line } 行：“{ $value }”不是日期。
    .next = 写成 "2025-09-01" 的样子。
ledger-pattern-malformed = 第 { $line } 行：式样“{ $value }”写错了：{ $detail }
    .next = 只用文字、[字符组]、次数（大括号）、? * + ^ $。
ledger-default-unreadable = 第 { $line } 行：默认值“{ $value }”不是这个字段能填的值。
    .next = 改正默认值；选择题用选项代码。
ledger-required-malformed = 第 { $line } 行：required 不能是“{ $value }”，可以是 no、yes、step 步骤代码、when 条件。
    .next = 改成这四种写法之一。
ledger-copy-malformed = 第 { $line } 行：copy_of 应写成“台账.字段”，现在是“{ $value }”。
    .next = 例如 copy_of = "enrolment.boarding"。
ledger-step-unknown = 第 { $line } 行：没有步骤“{ $step }”，本台账有：{ $expected }。
    .next = 检查拼写，或加上这个步骤。
ledger-field-unknown = 第 { $line } 行：没有字段“{ $field }”。
    .next = 检查拼写，或加上这个字段。
ledger-state-unknown = 第 { $line } 行：没有状态“{ $state }”，本台账有：{ $expected }。
    .next = 检查拼写，或加上这个状态。
ledger-usual-broken = 第 { $line } 行：usual 里从“{ $before }”没有步骤能到“{ $state }”。
    .next = 在 usual 里按步骤的先后写，或补上这一步。
ledger-state-unreachable = 第 { $line } 行：没有步骤能到达状态“{ $state }”。
    .next = 加一个通向它的步骤，或删去这个状态。
ledger-condition-malformed = 第 { $line } 行：条件在第 { $at } 个字处看不懂，这里应当是：{ $expected }。
    .next = 条件的写法见 docs/ledger-format.md。
ledger-condition-long = 第 { $line } 行：条件太长或括号太深，最多 { $max } 个字、16 层括号。
    .next = 把它分成几条检查。
ledger-condition-value = 第 { $line } 行：“{ $value }”不是字段“{ $field }”能有的值。
    .next = 检查选项代码或写法。
ledger-condition-ambiguous = 第 { $line } 行：“{ $value }”既是选项又是字段，分不清。
    .next = 要比较选项就加引号：'{ $value }'。
ledger-condition-has = 第 { $line } 行：has 和 shares 只能用于多选字段，“{ $field }”不是。
    .next = 单选字段用 = 或 in。
ledger-parent-not-ref = 第 { $line } 行：parent 或 basis 指的字段“{ $field }”类型不是 ref。
    .next = 把该字段的类型改成 ref，或另指一个字段。
ledger-substitute-unknown = 第 { $line } 行：不认识“{ $value }”，可以用：{ $expected }。
    .next = 改成列出的名字，或写固定的值。
ledger-rule-value = 第 { $line } 行：规则里字段“{ $field }”不能是 { $value }。
    .next = 改成该字段能有的值。
ledger-ledger-unknown = 第 { $line } 行：没有台账“{ $ledger }”。
    .next = 检查拼写，或先发布那个台账。
ledger-other-list-unknown = 第 { $line } 行：台账“{ $ledger }”没有选项表“{ $list }”，有：{ $expected }。
    .next = 检查拼写。
ledger-other-field-unknown = 第 { $line } 行：台账“{ $ledger }”没有字段“{ $field }”。
    .next = 检查拼写。
ledger-copy-type = 第 { $line } 行：抄自的字段“{ $field }”类型是 { $type }，与本字段不同。
    .next = 两个字段用同一类型。
ledger-version-not-raised = 第 { $line } 行：版本号没有提高，已发布的是第 { $old } 版。
    .next = 把 version 改成比 { $old } 大的数。
ledger-head-changed = 第 { $line } 行：“{ $key }”不能改，应当仍是“{ $old }”。
    .next = 改回来；要不同的台账就另取代码。
ledger-field-removed = 第 { $line } 行：字段“{ $field }”不能删去，旧记录里还有它。
    .next = 把字段加回来；不再要填可写 required = "no"。
ledger-field-retyped = 第 { $line } 行：字段“{ $field }”的类型不能改，应当仍是 { $old }。
    .next = 改回来，或另加一个新字段。
ledger-option-removed = 第 { $line } 行：选项表“{ $list }”的选项“{ $option }”不能删去，旧记录里还有它。
    .next = 把选项加回来。
ledger-state-removed = 第 { $line } 行：状态“{ $state }”不能删去，旧记录可能正处在这个状态。
    .next = 把状态加回来。
ledger-step-removed = 第 { $line } 行：步骤“{ $step }”不能删去，旧记录里还有它。
    .next = 把步骤加回来。

## 填写的值
ledger-value-field = 没有字段“{ $field }”。
    .next = 运行 { $program } ledger show 台账 查看有哪些字段。
ledger-value-derived = “{ $title_zh }”由程序自动填写，不能手工填。
    .next = 不填这一项。
ledger-value-number = “{ $title_zh }”应当是数字，现在是“{ $text }”。
    .next = 只写数字，例如 12。
ledger-value-decimals = “{ $title_zh }”最多 { $places } 位小数，现在是“{ $text }”。
    .next = 四舍五入后再填。
ledger-value-small = “{ $title_zh }”不能小于 { $min }，现在是“{ $text }”。
    .next = 核对后改正。
ledger-value-large = “{ $title_zh }”不能大于 { $max }，现在是“{ $text }”。
    .next = 核对后改正。
ledger-value-bool = “{ $title_zh }”填“是”或“否”，现在是“{ $text }”。
    .next = 填 是 或 否。
ledger-value-date = “{ $title_zh }”应当是日期，“{ $text }”不是。
    .next = 写成 2025-09-01、2025/9/1、2025年9月1日 或 20250901。
ledger-value-date-year = “{ $title_zh }”写的是“{ $text }”，没有写年份。
    .next = 写上年份，例如 2025-09-01 或 2025年9月1日。
ledger-value-month = “{ $title_zh }”应当是月份，“{ $text }”不是。
    .next = 写成 2025-09 或 2025年9月。
ledger-value-time = “{ $title_zh }”应当是时刻，“{ $text }”不是。
    .next = 写成 08:30。
ledger-value-option = “{ $title_zh }”没有选项“{ $text }”，可以填：{ $titles_zh }。
    .next = 从列出的里面选一个；运行 { $program } ledger show 台账 可以看到全部名称和代码，填代码也可以。
ledger-value-length = “{ $title_zh }”有 { $length } 个字，最多 { $max } 个字。
    .next = 缩短后再填，详细情况可写在备注里。
ledger-value-pattern = “{ $title_zh }”的写法不对：“{ $text }”不符合 { $pattern }。
    .next = 按规定的样子填写。
ledger-value-idno-shape = “{ $title_zh }”不是身份证号：应当是 17 位数字加一位校验码，共 18 位。
    .next = 对照户口本或身份证核对。
ledger-value-idno-birth = “{ $title_zh }”不对：第 7 到 14 位不是出生日期。
    .next = 对照户口本或身份证核对。
ledger-value-idno-checksum = “{ $title_zh }”不对：最后一位校验码不符，多半有一位抄错了。
    .next = 对照户口本或身份证逐位核对。
ledger-value-document-number = “{ $title_zh }”应当是证件号码，只能有字母、数字、括号和短横，4 到 30 位。
    .next = 对照证件核对。
ledger-value-phone = “{ $title_zh }”不是电话号码：“{ $text }”。
    .next = 手机写 11 位号码；座机带区号，例如 0870-1234567。
ledger-value-ref = “{ $title_zh }”应当是台账“{ $ledger }”里一条记录的编号，“{ $text }”不是，或对应多条。
    .next = 运行 { $program } record list { $ledger }，抄它的编号。
ledger-value-file = “{ $title_zh }”不是附件。
    .next = 本版本还不能加附件，请先留空。
ledger-value-kind = “{ $title_zh }”里的值与字段的类型不符。
    .next = 重新填写这一项。

## 对一条记录的检查
ledger-finding-missing = 未填写“{ $title_zh }”。
    .next = 补填这一项。
ledger-finding-no-date = 没有写日期。
    .next = 填上事情发生的日期。
ledger-finding-check = { $message_zh }
    .next = 核对后改正。
ledger-finding-unknown-field = 有本版本不认识的字段“{ $field }”，已原样保留。
    .next = 等台账定义更新后再看，不用处理。
ledger-finding-unknown-option = “{ $title_zh }”有本版本不认识的选项，已原样保留。
    .next = 核对是不是写错了；若是新选项，等台账定义更新。
ledger-finding-note-missing = 选了“其他”，但没有填“{ $title_zh }”。
    .next = 说明是什么。
ledger-finding-wrong-kind = “{ $title_zh }”里的值与字段类型不符，已保留但不计入统计。
    .next = 重新填写这一项。
ledger-finding-void-reason = 作废了，但没有写作废原因。
    .next = 补上作废原因。

## 办理步骤
ledger-step-no-lifecycle = 台账“{ $ledger }”没有办理步骤。
    .next = 直接运行 { $program } record set 记录号 --set 字段=值。
ledger-step-no-such = 没有步骤“{ $step }”，这个台账有：{ $names_zh }。
    .next = 运行 { $program } record step 记录号 步骤，从列出的步骤中选。
ledger-step-not-from-here = 现在是“{ $state_zh }”，不能办理“{ $step_zh }”；可以办理：{ $names_zh }。
    .next = 运行 { $program } record step 记录号 步骤，从列出的步骤中选。
ledger-step-none-from-here = 现在是“{ $state_zh }”，不能办理“{ $step_zh }”，也没有轮到您这一方办理的步骤。
    .next = 等另一方办理，或已经办结；{ $program } record show 记录号 可看办到哪一步。
ledger-step-schools = “{ $step_zh }”由学校办理。
    .next = 请学校运行 huxue-node record step 记录号 步骤。
ledger-step-countys = “{ $step_zh }”由县教育局办理。
    .next = 等县里用 huxue-hub record step 办理；运行 { $program } sync now 后就能看到结果。
ledger-step-others = “{ $step_zh }”由对方学校办理。
    .next = 不用做什么：县里把这件事转给对方学校，对方答复后自动记在这里。
ledger-step-missing = 办理“{ $step_zh }”之前要填好：{ $names_zh }。
    .next = 填好后再办理：{ $program } record step 记录号 步骤 --set 字段=值。
ledger-step-early = “{ $step_zh }”最早可以在 { $earliest } 办理，规定的天数还没满。
    .next = 到 { $earliest } 再办理。
ledger-step-forked = 两边的办理结果不一致，要先选定一个状态：{ $names_zh }。
    .next = 先运行 { $program } record show 记录号 查看两边，再运行 { $program } record step 记录号 resolve --to 状态。
ledger-step-not-forked = 这条记录没有办理上的分歧，不用选定状态。
    .next = 直接办理下一步。
ledger-step-not-a-tip = 只能选定有分歧的状态之一：{ $names_zh }。
    .next = 运行 { $program } record step 记录号 resolve --to 列出的状态之一。
ledger-step-not-yet-judged = 这条记录用的台账版本本机还没有，暂时不能办理。
    .next = 先运行 huxue-node sync now 与县里同步一次。

## 步骤无效的原因
ledger-void-authority = 无效：这一方无权办理这个步骤
ledger-void-follows-void = 无效：它接在一个无效的步骤后面，需要重新办理
ledger-void-follows-unjudged = 无效：它接在一个暂时不能判断的步骤后面
ledger-void-follows-missing = 无效：它前面的步骤不存在
ledger-void-unknown-step = 无效：该版本的台账没有这个步骤
ledger-void-wrong-state = 无效：当时的状态不能办理这个步骤
ledger-void-follows-fork = 无效：分歧没有解决就继续办理
ledger-void-bad-resolve = 无效：没有分歧，或选定的不是分歧中的状态
ledger-void-overruled = 无效：分歧已按另一方的结果解决
ledger-void-too-many = 无效：这条记录的步骤太多

# Public notices.
ledger-notice-short = { $title_zh }从 { $from } 到 { $until } 只有 { $count } 个工作日，至少要 { $days } 个（周末和放假不算）：结束日期最早填 { $earliest }。
    .next = 把结束日期改为 { $earliest } 或更晚。
