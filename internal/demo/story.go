package demo

import (
	"fmt"
	"strings"
	"time"
)

// A Step is one thing that happens in the scenario, for the timeline that is printed.
type Step struct {
	At    time.Duration // since the beginning, at the scenario's speed
	Title string
	Text  string
}

// Clock writes At as minutes and seconds: "02:10".
func (s Step) Clock() string {
	t := s.At.Round(time.Second)
	return fmt.Sprintf("%02d:%02d", int(t/time.Minute), int(t%time.Minute/time.Second))
}

// wording is a step in both languages of the program.
type wording struct {
	at                           time.Duration
	title, text, zhTitle, zhText string
}

// Describe returns the timeline, earliest step first, in Chinese for language tags that
// begin with "zh" and in English for all others.
func (s *Scenario) Describe(lang string) []Step {
	chinese := strings.HasPrefix(strings.ToLower(lang), "zh")
	var out []Step
	for _, w := range story() {
		step := Step{At: s.real(w.at), Title: w.title, Text: w.text}
		if chinese {
			step.Title, step.Text = w.zhTitle, w.zhText
		}
		out = append(out, step)
	}
	return out
}

func story() []wording {
	return []wording{
		{
			cycloneFirst, "cyclone, first advisory", "Cyclone SIMULA-26 lies 560 km off Nacala and is forecast to pass it at sea. Each further advisory stands for six hours.",
			"气旋首份公报", "热带气旋 SIMULA-26 距纳卡拉 560 公里，预计从海上经过。此后每份公报相当于六小时。",
		},
		{
			quakeFirst, "earthquake near Quetta, automatic solution M 6.4", "Placed 16 km from the main camp, not yet looked at by a seismologist.",
			"奎达附近地震，自动测定 6.4 级", "初定震中距主营地 16 公里，尚未经人工复核。",
		},
		{
			floodAlert, "flood warning for Chattogram", "A CAP 1.2 alert over the mouth of the Karnaphuli: Severe, Likely.",
			"吉大港洪水预警", "卡纳普里河口的 CAP 1.2 预警：严重程度“严重”，可能性“很可能”。",
		},
		{
			newsItem, "news of a gunfight in southern Ethiopia", "One newspaper, no place but the country: kept as evidence, too vague to warn of.",
			"新闻：埃塞俄比亚南部交火", "仅一家媒体，只知国家：留作证据，尚不足以预警。",
		},
		{
			sourceStops, "a source falls silent", "The weather service for Zambia still answers, but its content stands still.",
			"一个信息源停止更新", "赞比亚气象信息源仍有应答，但内容不再变化。",
		},
		{
			cycloneSecond, "cyclone, second advisory", "The forecast track has moved towards the coast and the storm is stronger.",
			"气旋第二份公报", "预报路径向海岸移动，风暴增强。",
		},
		{
			quakeReviewed, "earthquake reviewed: M 6.9, closer and shallower", "Another network is now preferred, so the report has a new id; the event stays one.",
			"地震复核为 6.9 级，更近更浅", "首选台网变更，报告编号改变，但仍是同一事件。",
		},
		{
			floodWorse, "flood warning raised", "The update supersedes the first alert: Extreme, Observed.",
			"洪水预警升级", "更新取代首份预警：严重程度“极严重”，“已观测到”。",
		},
		{
			sourceBlind, "blind spot", "The silent source has passed its age limit: its silence no longer reads as safety.",
			"出现盲区", "停更的信息源已超过时效：沉默不再等于安全。",
		},
		{
			pushFirst, "a partner reports the incident with its place", "A road operator of grade C puts the gunfight 6 km from the Yabelo–Moyale road. Alone it gives yellow at most.",
			"伙伴报告事件地点", "C 级来源（公路运营方）称交火地点距亚贝洛—莫亚莱公路 6 公里。单独一个来源最高为黄色。",
		},
		{
			cycloneThird, "cyclone, third advisory", "Hurricane-force winds are forecast over Nacala.",
			"气旋第三份公报", "预计纳卡拉出现飓风级大风。",
		},
		{
			pushSecond, "a second partner confirms", "Two independent sources of grade C: enough for orange.",
			"第二个伙伴证实", "两个独立的 C 级来源：足以升至橙色。",
		},
		{
			cycloneFourth, "cyclone, fourth advisory", "Landfall near Nacala in about twelve hours.",
			"气旋第四份公报", "约十二小时后在纳卡拉附近登陆。",
		},
		{
			floodCancel, "flood warning cancelled", "The all-clear goes to everyone who got the alarm.",
			"洪水预警取消", "解除通知发给所有收到警报的人。",
		},
	}
}
