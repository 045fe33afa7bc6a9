package desk

import (
	"time"
)

// A DeadAddress is an address of a contact that its provider says does not exist. It is a
// task for the administrator until the contact changes or it takes a message.
type DeadAddress struct {
	Contact     string    `json:"contact"`
	ContactName string    `json:"contact_name"`
	Channel     string    `json:"channel"`
	Address     string    `json:"-"` // personal: the contact's page has it
	Since       time.Time `json:"since"`
	Last        time.Time `json:"last"` // newest message that failed
	Detail      string    `json:"detail"`
}

// A ChannelFault is a channel that our own configuration keeps from sending.
type ChannelFault struct {
	Channel string    `json:"channel"`
	Since   time.Time `json:"since"`
	Last    time.Time `json:"last"` // newest message that failed
	Detail  string    `json:"detail"`
}

// Waiting is the queue of notifications that are not out yet.
type Waiting struct {
	Levels [4]int           // by level
	Later  [4]int           // of them: not due yet, or put off
	Late   [4]time.Duration // by how much the oldest due one of each level is late
}
