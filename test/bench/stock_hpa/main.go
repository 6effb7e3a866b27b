// The HPA controller of kube-controller-manager, alone: what the reaction benchmark is compared
// with. Its External metrics come straight from Prometheus, without the metrics API and an adapter
// in between, which is faster than any cluster has them.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"net/http"
	"net/url"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	autoscaling "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/scale"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/kubernetes/pkg/controller/podautoscaler"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
)

type prometheus struct {
	url    string
	client *http.Client
}

var errOther = fmt.Errorf("only External metrics are measured here")

func (p prometheus) GetResourceMetric(context.Context, v1.ResourceName, string, labels.Selector,
	string) (metrics.PodMetricsInfo, time.Time, error) {
	return nil, time.Time{}, errOther
}

func (p prometheus) GetRawMetric(string, string, labels.Selector, labels.Selector) (
	metrics.PodMetricsInfo, time.Time, error) {
	return nil, time.Time{}, errOther
}

func (p prometheus) GetObjectMetric(string, string, *autoscaling.CrossVersionObjectReference,
	labels.Selector) (int64, time.Time, error) {
	return 0, time.Time{}, errOther
}

// The labels of the selector are those of the series.
func (p prometheus) GetExternalMetric(name string, _ string, selector labels.Selector) (
	[]int64, time.Time, error) {
	query := name + "{"
	requirements, _ := selector.Requirements()
	for _, one := range requirements {
		query += fmt.Sprintf("%s=%q,", one.Key(), one.Values().List()[0])
	}
	answer, err := p.client.Get(p.url + "/api/v1/query?query=" + url.QueryEscape(query+"}"))
	if err != nil {
		return nil, time.Time{}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return nil, time.Time{}, err
	}
	var reply struct {
		Data struct {
			Result []struct {
				Value [2]any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &reply); err != nil {
		return nil, time.Time{}, err
	}
	var values []int64
	for _, series := range reply.Data.Result {
		text, _ := series.Value[1].(string)
		number, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, time.Time{}, err
		}
		values = append(values, int64(math.Round(number*1000)))
	}
	if len(values) == 0 {
		return nil, time.Time{}, fmt.Errorf("%s: no series", query)
	}
	return values, time.Now(), nil
}

func run() error {
	kubeconfig := flag.String("kubeconfig", "", "who the controller is")
	source := flag.String("prometheus", "", "URL that is asked for metrics")
	sync := flag.Duration("sync-period", 15*time.Second, "as of kube-controller-manager")
	workers := flag.Int("workers", 5, "concurrent syncs")
	qps := flag.Float64("qps", 20, "requests a second; below zero: no limit")
	burst := flag.Int("burst", 30, "and at once")
	flag.Parse()

	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = float32(*qps), *burst
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client.Discovery()))
	kinds := scale.NewDiscoveryScaleKindResolver(client.Discovery())
	scales, err := scale.NewForConfig(config, mapper, dynamic.LegacyAPIPathResolverFunc, kinds)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	factory := informers.NewSharedInformerFactory(client, 0)
	transport := &http.Transport{MaxIdleConnsPerHost: *workers, MaxConnsPerHost: 2 * *workers}
	controller := podautoscaler.NewHorizontalController(ctx, client.CoreV1(), scales,
		client.AutoscalingV2(), mapper,
		prometheus{*source, &http.Client{Transport: transport, Timeout: 10 * time.Second}},
		factory.Autoscaling().V2().HorizontalPodAutoscalers(), factory.Core().V1().Pods(),
		*sync, 5*time.Minute, 0.1, 5*time.Minute, 30*time.Second)
	factory.Start(ctx.Done())
	controller.Run(ctx, *workers)
	return nil
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
