data "aws_region" "current" {}

locals {
  pending_metric = "PendingRuns"
  running_metric = "RunningRuns"
  outage_metric  = "Outages"
}

# --- Logs -------------------------------------------------------------------------------------------------

resource "aws_cloudwatch_log_group" "service" {
  for_each = var.services

  name              = "/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.logs_key_arn
}

# LangGraph's lg_api_num_pending_runs and lg_api_num_running_runs, which Holdfast's API tasks write to their log
# (QUEUE_DEPTH_LOG_SECONDS): no agent, no sidecar and no permission to write metrics
resource "aws_cloudwatch_log_metric_filter" "queue" {
  for_each = {
    pending_runs = local.pending_metric
    running_runs = local.running_metric
  }

  name           = "${var.name}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.service["api"].name
  pattern        = "{ $.${each.key} = * }"

  metric_transformation {
    namespace = var.name
    name      = each.value
    value     = "$.${each.key}"
    unit      = "Count"
  }
}

# one line of the log for each outage of PostgreSQL, whatever it hits
resource "aws_cloudwatch_log_metric_filter" "outage" {
  for_each = var.services

  name           = "${var.name}-${each.key}-outage"
  log_group_name = aws_cloudwatch_log_group.service[each.key].name
  pattern        = "{ $.outage = \"begin\" }"

  metric_transformation {
    namespace     = var.name
    name          = local.outage_metric
    value         = "1"
    default_value = "0"
    unit          = "Count"
  }
}

# --- Alarms -----------------------------------------------------------------------------------------------

resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = var.logs_key_arn
}

resource "aws_sns_topic_subscription" "email" {
  for_each = var.alarm_emails

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.key
}

locals {
  gib = 1073741824

  alarms = merge(
    {
      api-errors = {
        description = "More than 10 requests in 5 minutes ended in an error of the server: see the log of the API."
        namespace   = "AWS/ApplicationELB"
        metric      = "HTTPCode_Target_5XX_Count"
        dimensions  = { LoadBalancer = var.load_balancer_suffix }
        statistic   = "Sum"
        threshold   = 10
        minutes     = 5
      }
      api-unhealthy = {
        description = "A task of the API does not reach its database, or does not answer: see /ready and the log."
        namespace   = "AWS/ApplicationELB"
        metric      = "UnHealthyHostCount"
        dimensions  = { LoadBalancer = var.load_balancer_suffix, TargetGroup = var.target_group_suffix }
        statistic   = "Maximum"
        threshold   = 0
        minutes     = 5
      }
      queue = {
        description = "${var.pending_runs_alarm} runs have waited for 10 minutes: more worker tasks (worker.max_tasks), or a worker hangs."
        namespace   = var.name
        metric      = local.pending_metric
        dimensions  = {}
        statistic   = "Maximum"
        threshold   = var.pending_runs_alarm
        minutes     = 10
      }
      outage = {
        description = "A task lost PostgreSQL. Sessions wait and lose nothing; look at the database."
        namespace   = var.name
        metric      = local.outage_metric
        dimensions  = {}
        statistic   = "Sum"
        threshold   = 0
        minutes     = 1
      }
      database-cpu = {
        description = "The database has had more than 80 % CPU for 15 minutes: Performance Insights says by what."
        namespace   = "AWS/RDS"
        metric      = "CPUUtilization"
        dimensions  = { DBInstanceIdentifier = var.database.identifier }
        statistic   = "Average"
        threshold   = 80
        minutes     = 15
      }
      database-connections = {
        description = "The database has four fifths of its connections in use: `holdfast sizing`, then max_connections or the budget."
        namespace   = "AWS/RDS"
        metric      = "DatabaseConnections"
        dimensions  = { DBInstanceIdentifier = var.database.identifier }
        statistic   = "Maximum"
        threshold   = floor(var.database.max_connections * 0.8)
        minutes     = 5
      }
      database-storage = {
        description = "The database has less than a tenth of its first storage free, and grows no more: raise max_allocated_storage."
        namespace   = "AWS/RDS"
        metric      = "FreeStorageSpace"
        dimensions  = { DBInstanceIdentifier = var.database.identifier }
        statistic   = "Minimum"
        comparison  = "LessThanThreshold"
        threshold   = var.database.allocated_storage * local.gib / 10
        minutes     = 5
      }
    },
    merge([
      for node in var.cache_node_ids : {
        "cache-memory-${node}" = {
          description = "The cache has four fifths of its memory in use. It refuses writes when it is full: a larger node."
          namespace   = "AWS/ElastiCache"
          metric      = "DatabaseMemoryUsagePercentage"
          dimensions  = { CacheClusterId = node }
          statistic   = "Maximum"
          threshold   = 80
          minutes     = 5
        }
        "cache-cpu-${node}" = {
          description = "The cache's one thread has had more than 80 % of its CPU for 15 minutes: a larger node."
          namespace   = "AWS/ElastiCache"
          metric      = "EngineCPUUtilization"
          dimensions  = { CacheClusterId = node }
          statistic   = "Average"
          threshold   = 80
          minutes     = 15
        }
      }
    ]...),
    {
      for service in var.services : "${service}-memory" => {
        description = "A task of ${service} has more than 90 % of its memory in use: a larger task, or fewer jobs in it."
        namespace   = "AWS/ECS"
        metric      = "MemoryUtilization"
        dimensions  = { ClusterName = var.cluster_name, ServiceName = "${var.name}-${service}" }
        statistic   = "Maximum"
        threshold   = 90
        minutes     = 5
      }
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = try(each.value.comparison, "GreaterThanThreshold")
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = each.value.minutes
  # of those minutes all, but for counts of what must not happen
  datapoints_to_alarm = each.value.statistic == "Sum" ? 1 : each.value.minutes
  # before the first image there are no tasks, and an idle load balancer has no figures
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

# --- Dashboard --------------------------------------------------------------------------------------------

locals {
  graphs = [
    {
      title = "Requests and errors"
      metrics = [
        ["AWS/ApplicationELB", "RequestCount", "LoadBalancer", var.load_balancer_suffix, { stat = "Sum" }],
        ["AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "LoadBalancer", var.load_balancer_suffix, { stat = "Sum" }],
        ["AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "LoadBalancer", var.load_balancer_suffix, { stat = "Sum" }],
      ]
    },
    {
      title = "Time to the first byte (s)"
      metrics = [
        for stat in ["p50", "p99"] :
        ["AWS/ApplicationELB", "TargetResponseTime", "LoadBalancer", var.load_balancer_suffix, { stat = stat }]
      ]
    },
    {
      title = "Queue of runs"
      metrics = [
        for metric in [local.pending_metric, local.running_metric] : [var.name, metric, { stat = "Maximum" }]
      ]
    },
    {
      title = "Tasks"
      metrics = [
        for service in sort(var.services) :
        ["ECS/ContainerInsights", "RunningTaskCount", "ClusterName", var.cluster_name, "ServiceName", "${var.name}-${service}", { stat = "Average" }]
      ]
    },
    {
      title = "CPU of tasks (%)"
      metrics = [
        for service in sort(var.services) :
        ["AWS/ECS", "CPUUtilization", "ClusterName", var.cluster_name, "ServiceName", "${var.name}-${service}", { stat = "Average" }]
      ]
    },
    {
      title = "Outages of PostgreSQL that tasks met"
      metrics = [
        [var.name, local.outage_metric, { stat = "Sum" }],
      ]
    },
    {
      title = "Database: CPU (%) and connections"
      metrics = [
        ["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", var.database.identifier, { stat = "Average" }],
        ["AWS/RDS", "DatabaseConnections", "DBInstanceIdentifier", var.database.identifier, { stat = "Maximum", yAxis = "right" }],
      ]
    },
    {
      title = "Database: latency of writes and reads (s)"
      metrics = [
        for metric in ["WriteLatency", "ReadLatency"] :
        ["AWS/RDS", metric, "DBInstanceIdentifier", var.database.identifier, { stat = "Average" }]
      ]
    },
    {
      title = "Cache: memory (%)"
      metrics = [
        for node in var.cache_node_ids :
        ["AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "CacheClusterId", node, { stat = "Maximum" }]
      ]
    },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = [
      for index, graph in local.graphs : {
        type   = "metric"
        x      = index % 3 * 8
        y      = floor(index / 3) * 6
        width  = 8
        height = 6
        properties = {
          title   = graph.title
          region  = data.aws_region.current.name
          metrics = graph.metrics
          period  = 60
          view    = "timeSeries"
        }
      }
    ]
  })
}
