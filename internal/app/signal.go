package app

import "sync"

type signals struct{ mu sync.Mutex }
