package config

// DingTalk speaks to groups through their robots.
type DingTalk struct {
	Rooms map[string]DingTalkRoom `yaml:"rooms"`
}

// DingTalkRoom is a group with a robot.
type DingTalkRoom struct {
	Webhook Secret `yaml:"webhook"`
	Secret  Secret `yaml:"secret,omitempty"` // SEC…; none = the robot is kept by keywords or addresses
}

func (d *DingTalk) check(bad complain) {
	eachRoom("dingtalk", d.Rooms, bad, func(at string, r DingTalkRoom) {
		needed(at+".webhook", r.Webhook, bad)
		reference(at+".secret", r.Secret, bad)
	})
}
