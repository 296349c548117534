mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/holdfast/1", dns_name = "holdfast-1.eu-central-1.elb.amazonaws.com" }
  }
  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/holdfast-api/1" }
  }
  mock_resource "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/holdfast/1/2" }
  }
  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/holdfast/1" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:aws-waf-logs-holdfast" }
  }
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:eu-central-1:123456789012:certificate/made"
      domain_validation_options = [{
        domain_name           = "holdfast.example.org"
        resource_record_name  = "_1.holdfast.example.org"
        resource_record_type  = "CNAME"
        resource_record_value = "_2.acm-validations.aws"
      }]
    }
  }
  mock_resource "aws_acm_certificate_validation" {
    defaults = { certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/made" }
  }
}

variables {
  name              = "holdfast"
  vpc_id            = "vpc-1"
  subnet_ids        = ["subnet-a", "subnet-b"]
  security_group_id = "sg-1"
  logs_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/logs"
  certificate_arn   = "arn:aws:acm:eu-central-1:123456789012:certificate/given"
}

run "with_a_certificate_that_is_given" {
  command = plan

  assert {
    condition     = aws_lb_listener.https.certificate_arn == var.certificate_arn && length(aws_acm_certificate.this) == 0 && length(aws_route53_record.this) == 0
    error_message = "The given certificate is used, and no name is made."
  }

  assert {
    condition     = startswith(aws_lb_listener.https.ssl_policy, "ELBSecurityPolicy-TLS13-1-2") && one(aws_lb_listener.http.default_action).type == "redirect"
    error_message = "TLS 1.2 or newer, and HTTP only redirects."
  }

  assert {
    condition     = one(aws_lb_target_group.api.health_check).interval * one(aws_lb_target_group.api.health_check).unhealthy_threshold >= 300
    error_message = "The check outlasts a failover of the database."
  }
}

run "with_a_name_of_its_own" {
  variables {
    certificate_arn = null
    domain_name     = "holdfast.example.org"
    zone_id         = "Z1"
  }

  assert {
    condition     = aws_lb_listener.https.certificate_arn == "arn:aws:acm:eu-central-1:123456789012:certificate/made" && output.url == "https://holdfast.example.org"
    error_message = "A certificate is made for the name."
  }
}

run "http_without_certificate" {
  command = plan

  variables {
    certificate_arn = null
    domain_name     = "holdfast.example.org"
  }

  expect_failures = [aws_lb_listener.https]
}

run "what_can_not_be" {
  command = plan

  variables {
    idle_timeout           = 60
    requests_per_5_minutes = 5
    name                   = "holdfast-in-a-very-long-named-place"
  }

  expect_failures = [var.idle_timeout, var.requests_per_5_minutes, var.name]
}
