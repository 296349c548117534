data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  makes_certificate = var.certificate_arn == null && var.domain_name != null && var.zone_id != null
  certificate_arn   = local.makes_certificate ? aws_acm_certificate_validation.this[0].certificate_arn : var.certificate_arn
}

resource "aws_lb" "this" {
  # checkov:skip=CKV2_AWS_76:its firewall has the rules against Log4j, which the check does not follow
  name                       = var.name
  internal                   = var.internal
  load_balancer_type         = "application"
  subnets                    = var.subnet_ids
  security_groups            = [var.security_group_id]
  idle_timeout               = var.idle_timeout
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "defensive"
  enable_deletion_protection = var.deletion_protection

  access_logs {
    enabled = true
    bucket  = aws_s3_bucket.logs.id
  }

  depends_on = [aws_s3_bucket_policy.logs]
}

resource "aws_lb_target_group" "api" {
  name                          = "${var.name}-api"
  vpc_id                        = var.vpc_id
  target_type                   = "ip"
  protocol                      = "HTTP"
  port                          = var.port
  load_balancing_algorithm_type = "least_outstanding_requests"
  # open streams of a task that goes; ECS then stops it
  deregistration_delay = 60

  # ECS replaces a task that fails this check. The path asks the database, so the check has to outlast a failover:
  # 10 × 30 s, where RDS takes one or two minutes and Holdfast waits meanwhile. A task that hangs is ended much sooner,
  # by the container's own check, which asks no database.
  health_check {
    path                = var.health_path
    matcher             = "200"
    interval            = 30
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 10
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  protocol          = "HTTPS"
  port              = 443
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = local.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api.arn
  }

  lifecycle {
    precondition {
      condition     = var.certificate_arn != null || (var.domain_name != null && var.zone_id != null)
      error_message = "There is no certificate, and sessions don't go over HTTP: give certificate_arn, or domain_name and zone_id, for which one is made."
    }
  }
}

# LangGraph's server answers there without asking who calls
resource "aws_lb_listener_rule" "metrics" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 1

  condition {
    path_pattern {
      values = ["/metrics", "/metrics/*"]
    }
  }

  action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      status_code  = "404"
      message_body = "Not found"
    }
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  protocol          = "HTTP"
  port              = 80

  default_action {
    type = "redirect"

    redirect {
      protocol    = "HTTPS"
      port        = "443"
      status_code = "HTTP_301"
    }
  }
}
