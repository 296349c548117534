data "aws_iam_policy_document" "assume_tasks" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    # nobody else's tasks
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:ecs:${var.region}:${local.account}:*"]
    }
  }
}

# --- ECS: pull the image, read the secrets, write the log -------------------------------------------------

data "aws_iam_policy_document" "execution" {
  statement {
    sid       = "LogInToTheRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid       = "PullTheImage"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [aws_ecr_repository.this.arn]
  }

  statement {
    sid       = "WriteTheLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = [for group in module.observability.log_groups : "${group.arn}:*"]
  }

  statement {
    sid       = "ReadTheSecrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [for secret in merge(aws_secretsmanager_secret.uri, aws_secretsmanager_secret.application) : secret.arn]
  }

  statement {
    sid       = "Decrypt"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.data.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${var.region}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  description        = "ECS, when it starts a task of ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.assume_tasks.json
}

resource "aws_iam_role_policy" "execution" {
  name   = "start-tasks"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

# --- The tasks --------------------------------------------------------------------------------------------

# what API and workers both do: files, sessions, the cache
data "aws_iam_policy_document" "tasks" {
  statement {
    sid       = "Artifacts"
    actions   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
    resources = ["${aws_s3_bucket.artifacts.arn}/*"]
  }

  statement {
    sid       = "ListArtifacts"
    actions   = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
    resources = [aws_s3_bucket.artifacts.arn]
  }

  statement {
    sid       = "EncryptArtifacts"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.data.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${var.region}.amazonaws.com"]
    }
  }

  statement {
    sid       = "Cache"
    actions   = ["elasticache:Connect"]
    resources = [module.cache.arn, module.cache.user_arn]
  }

  # with each new connection, so that a rotated password needs no new task
  dynamic "statement" {
    for_each = var.database_iam_user == null ? [1] : []

    content {
      sid       = "DatabasePassword"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = [aws_secretsmanager_secret.database.arn]
    }
  }

  dynamic "statement" {
    for_each = var.database_iam_user == null ? [1] : []

    content {
      sid       = "DecryptDatabasePassword"
      actions   = ["kms:Decrypt"]
      resources = [aws_kms_key.data.arn]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["secretsmanager.${var.region}.amazonaws.com"]
      }
    }
  }

  dynamic "statement" {
    for_each = var.database_iam_user == null ? [] : [1]

    content {
      sid       = "Database"
      actions   = ["rds-db:connect"]
      resources = ["arn:${local.partition}:rds-db:${var.region}:${local.account}:dbuser:${module.postgres.resource_id}/${var.database_iam_user}"]
    }
  }
}

# a run, and so a model, is the workers' alone
data "aws_iam_policy_document" "models" {
  count = length(var.bedrock_model_arns) > 0 ? 1 : 0

  statement {
    sid       = "Models"
    actions   = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
    resources = var.bedrock_model_arns
  }
}

resource "aws_iam_role" "task" {
  for_each = toset(["api", "worker"])

  name               = "${var.name}-${each.key}"
  description        = "Code of the ${each.key} tasks of ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.assume_tasks.json
}

resource "aws_iam_role_policy" "tasks" {
  for_each = aws_iam_role.task

  name   = "sessions-and-files"
  role   = each.value.id
  policy = data.aws_iam_policy_document.tasks.json
}

resource "aws_iam_role_policy" "models" {
  count = length(var.bedrock_model_arns) > 0 ? 1 : 0

  name   = "invoke-models"
  role   = aws_iam_role.task["worker"].id
  policy = data.aws_iam_policy_document.models[0].json
}
