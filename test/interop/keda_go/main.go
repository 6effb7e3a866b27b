// KEDA's own client of external scalers, pkg/scalers/external_scaler.go as it is published, told by
// lines of JSON what to ask. The answers are lines of JSON, too.
//
//	keda_go
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"sync"

	"github.com/kedacore/keda/v2/pkg/scalers"
	"github.com/kedacore/keda/v2/pkg/scalers/scalersconfig"
	v2 "k8s.io/api/autoscaling/v2"
)

type command struct {
	Do       string            `json:"do"` // specs, metrics, push, stop
	ID       int               `json:"id"` // of a push
	Metadata map[string]string `json:"metadata"`
	Auth     map[string]string `json:"auth"` // what a TriggerAuthentication says
	Metric   string            `json:"metric"`
}

type answer map[string]any

var (
	out     = json.NewEncoder(os.Stdout)
	outLock sync.Mutex
	pushes  = map[int]context.CancelFunc{}
)

func say(what answer) {
	outLock.Lock()
	defer outLock.Unlock()
	if err := out.Encode(what); err != nil {
		os.Exit(1)
	}
}

func configOf(asked command) *scalersconfig.ScalerConfig {
	return &scalersconfig.ScalerConfig{
		ScalableObjectName:      "worker",
		ScalableObjectNamespace: "shop",
		ScalableObjectType:      "ScaledObject",
		TriggerMetadata:         asked.Metadata,
		AuthParams:              asked.Auth,
		MetricType:              v2.AverageValueMetricType,
	}
}

func specs(of []v2.MetricSpec) answer {
	list := []answer{}
	for _, spec := range of {
		list = append(list, answer{
			"name":        spec.External.Metric.Name,
			"targetMilli": spec.External.Target.AverageValue.MilliValue(),
		})
	}
	return answer{"specs": list}
}

func metrics(ctx context.Context, scaler scalers.Scaler, name string) answer {
	values, active, err := scaler.GetMetricsAndActivity(ctx, name)
	if err != nil {
		return answer{"error": err.Error()}
	}
	list := []answer{}
	for _, value := range values {
		list = append(list, answer{"name": value.MetricName, "milli": value.Value.MilliValue()})
	}
	return answer{"values": list, "active": active}
}

func push(id int, scaler scalers.PushScaler) answer {
	ctx, cancel := context.WithCancel(context.Background())
	pushes[id] = cancel
	active := make(chan bool)
	go scaler.Run(ctx, active)
	if streamer, can := scaler.(scalers.MetricSpecStreamer); can {
		go func() {
			for changed := range streamer.MetricSpecChan() {
				say(answer{"id": id, "message": specs(changed)})
			}
		}()
	}
	go func() {
		for is := range active {
			say(answer{"id": id, "message": is})
		}
		say(answer{"id": id, "code": 0})
	}()
	return answer{}
}

func obey(asked command) answer {
	ctx := context.Background()
	switch asked.Do {
	case "specs", "metrics":
		scaler, err := scalers.NewExternalScaler(configOf(asked))
		if err != nil {
			return answer{"error": err.Error()}
		}
		if asked.Do == "specs" {
			return specs(scaler.GetMetricSpecForScaling(ctx))
		}
		return metrics(ctx, scaler, asked.Metric)
	case "push":
		scaler, err := scalers.NewExternalPushScaler(configOf(asked))
		if err != nil {
			return answer{"error": err.Error()}
		}
		return push(asked.ID, scaler)
	case "stop":
		pushes[asked.ID]()
		return answer{}
	}
	return answer{"error": "unknown command " + asked.Do}
}

func main() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var asked command
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			say(answer{"error": err.Error()})
			continue
		}
		say(obey(asked))
	}
}
